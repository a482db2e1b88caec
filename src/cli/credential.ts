/** A token or key that a command sends: named, never written on the command line. */
import { Option, type Command } from 'commander'
import { readSecret } from '../config/secret-reference.js'
import { resolve } from 'node:path'
import { CommandError, EXIT, type Context } from './context.js'

const REFERENCE = /^(?:file:.+|env:[A-Za-z_]\w*)$/su

export function credentialOption(what: string): Option {
  return new Option('--credential <reference>', `${what}, as env:NAME or file:PATH`)
}

/** `Authorization` as a consumer sends it; undefined without the option. */
export function authorizationOf(command: Command, context: Context): string | undefined {
  const { credential } = command.opts<{ readonly credential?: string }>()
  if (credential === undefined) return undefined
  if (!REFERENCE.test(credential)) {
    // Not repeated: it may be the token itself.
    throw new CommandError(
      '--credential: expected env:NAME or file:PATH; the command line is no place for a token',
      EXIT.usage,
    )
  }
  const { env, cwd, readFile } = context
  const read = readSecret(credential, { env, readFile: (path) => readFile(resolve(cwd, path)) })
  if ('problem' in read) throw new CommandError(`--credential: ${read.problem}`, EXIT.usage)
  return `Basic ${Buffer.from(`${read.secret}:X`).toString('base64')}`
}
