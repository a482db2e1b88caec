/** One parser of what others send, the inputs it is tried with, and what has to hold for each. */

import fc from 'fast-check'

export interface FuzzTarget {
  readonly name: string
  /** How many times dearer than a plain parser: it gets so many fewer inputs. Default 1. */
  readonly cost?: number
  /** Throws if an invariant does not hold, or if the parser throws what is not an error of ours. */
  run(runs: number, seed: number): Promise<void>
}

export function target<Input>(
  name: string,
  input: fc.Arbitrary<Input>,
  check: (input: Input) => void | Promise<void>,
  cost = 1,
): FuzzTarget {
  return {
    name,
    cost,
    run: async (runs, seed) =>
      fc.assert(
        fc.asyncProperty(input, async (value) => {
          const checked = check(value)
          if (checked !== undefined) await checked
        }),
        { numRuns: runs, seed, ignoreEqualValues: false },
      ),
  }
}

export function ensure(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what)
}

/** Text that consists of the words of a grammar in any order, with anything in between. */
export function soup(...words: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...words) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(' ', ',', ';', '=', '"', '\\', '\t', '0', '9', 'a', '%'),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
    { weight: 1, arbitrary: fc.nat().map(String) },
  )
  return fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''))
}

/** Header values as Node hands them out: no line ends, no NUL, nothing above U+00FF. */
export const headerText = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- what a header cannot hold
  text.replaceAll(/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/gu, '~').trim()
