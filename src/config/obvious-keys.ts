import { hashOf } from './secret-reference.js'

/** Keys that anybody would try first; samples in other guides use them too. */
const WORDS =
  'test key secret token password changeme example demo admin foo bar hello x a 1234 12345678'
const ENDINGS = ['', '1', '2', '3', '123', '\n']

const HASHES: ReadonlyMap<string, string> = new Map(
  ['', ...WORDS.split(' ')].flatMap((word) =>
    ENDINGS.map((ending) => [hashOf(word + ending), word + ending.trim()] as const),
  ),
)

/** The key with this hash, where it is one that can be guessed. */
export const obviousKey = (hash: string): string | undefined => HASHES.get(hash)
