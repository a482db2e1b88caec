/** Looks for secrets in whatever a program leaves behind, in every form that gives one away. */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Leak {
  readonly secret: string
  readonly form: string
  readonly place: string
}

/** Every form of a secret; base64 as it looks at each of the three places in a longer text. */
export function formsOf(secret: string): readonly (readonly [form: string, bytes: Buffer])[] {
  const plain = Buffer.from(secret, 'latin1')
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), plain]).toString('base64')
    // Digits that share bits with the neighbours differ from place to place.
    const isWhole = (shift + plain.length) % 3 === 0
    return text.slice(Math.ceil((shift * 8) / 6), isWhole ? undefined : text.indexOf('=') - 1 || -2)
  })
  const hashes = (['sha256', 'sha1', 'md5'] as const).flatMap((name) => {
    const hash = createHash(name).update(plain).digest()
    return [
      [`${name} in hex`, Buffer.from(hash.toString('hex'))],
      [`${name} in base64`, Buffer.from(hash.toString('base64').replace(/=+$/, ''))],
      [`${name} in base64url`, Buffer.from(hash.toString('base64url'))],
      [name, hash],
    ] as const
  })
  return [
    ['plain', plain],
    ['UTF-16', Buffer.from(secret, 'utf16le')],
    ['hex', Buffer.from(plain.toString('hex'))],
    ['HEX', Buffer.from(plain.toString('hex').toUpperCase())],
    ['a list of bytes', Buffer.from([...plain].join(','))],
    ['percent-encoded', Buffer.from([...plain].map((byte) => `%${byte.toString(16)}`).join(''))],
    ...base64.map((text, shift) => [`base64 at ${shift}`, Buffer.from(text)] as const),
    ...base64.map((text, shift) => {
      const safe = text.replaceAll('+', '-').replaceAll('/', '_')
      return [`base64url at ${shift}`, Buffer.from(safe)] as const
    }),
    ...hashes,
  ]
}

export function leaksIn(
  place: string,
  content: string | Buffer,
  secrets: readonly string[],
): readonly Leak[] {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content
  return secrets.flatMap((secret) =>
    formsOf(secret)
      .filter(([, form]) => bytes.includes(form))
      .map(([form]) => ({ secret, form, place })),
  )
}

/** All regular files below a directory, as paths. */
export function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

export function leaksInFiles(directory: string, secrets: readonly string[]): readonly Leak[] {
  return filesBelow(directory).flatMap((file) => leaksIn(file, readFileSync(file), secrets))
}
