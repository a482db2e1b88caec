/** Secrets that the file names and does not hold: `file:PATH`, `env:NAME`, or a hash of one. */
import { createHash } from 'node:crypto'
import { unreadable, type Facts } from './rules.js'

export type SecretReader = Pick<Facts, 'readFile' | 'env'>

/** The secret itself, or what keeps it from being read. Neither message contains any of it. */
export type ReadSecret = { readonly secret: string } | { readonly problem: string }

/** Printable, without the colon that ends the username of Basic (RFC 7617 §2). */
const TOKEN = /^[\u0021-\u0039\u003b-\u007e]+$/u

export function readSecret(reference: string, { readFile, env }: SecretReader): ReadSecret {
  const [, kind = '', place = ''] = /^(file|env):(.+)$/su.exec(reference) ?? []
  let text: string
  if (kind === 'env') {
    const value = env[place]
    if (value === undefined || value === '') return { problem: `the variable ${place} is not set` }
    text = value
  } else {
    try {
      text = readFile(place)
    } catch (error) {
      return { problem: `${place} ${unreadable(error)}` }
    }
  }
  // Editors and `echo` leave a line end behind.
  const secret = text.trim()
  return TOKEN.test(secret)
    ? { secret }
    : { problem: `${place} holds no token: expected one word without spaces and colons` }
}

/** How a secret is written down where it only has to be recognised: `sha256:` and 64 hex digits. */
export function hashOf(secret: string): string {
  return `sha256:${createHash('sha256').update(secret).digest('hex')}`
}
