/** `intervals-proxy key new NAME`: a key for a consumer, shown once; the file gets its hash only. */
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { hashOf } from '../config/secret-reference.js'
import { GIVEN_NAME, GIVEN_NAME_EXPECTED } from '../config/sections/names.js'
import { CommandError, EXIT, type Context, type ExitCode } from './context.js'

/** 256 bits: nothing to guess, so a plain hash of it can lie in the file. */
const KEY_BYTES = 32
/** Tells keys from Intervals tokens. Letters and digits only, because some clients validate tokens. */
const PREFIX = 'ivp'

export function define(command: Command): void {
  command.argument('<action>', 'new: make a key').argument('<name>', 'the consumer it is for')
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const [action = '', name = ''] = command.args
  if (action !== 'new')
    throw new CommandError(`"key ${action}" is no command; "key new NAME" is`, EXIT.usage)
  if (!new RegExp(GIVEN_NAME, 'u').test(name)) {
    throw new CommandError(
      `"${name}" is no name for a consumer: expected ${GIVEN_NAME_EXPECTED}`,
      EXIT.usage,
    )
  }
  const key = PREFIX + randomBytes(KEY_BYTES).toString('hex')
  // On standard output the key alone, so that a script can take it from there.
  context.out(key)
  for (const line of advice(name, key)) context.err(line)
  return EXIT.ok
}

function advice(name: string, key: string): readonly string[] {
  return [
    '',
    `This is the key of ${name}; it is not shown again. It goes where the Intervals token went: the`,
    'username of Basic, or a bearer token. In the configuration of the proxy:',
    '',
    'consumers:',
    `  ${name}:`,
    `    key: ${hashOf(key)}`,
    '    credential: file:/run/secrets/intervals-token   # or env:NAME: what the proxy sends for it',
    '    # account: acme          where there are several',
    '    # write: [time, timer]   read-only without it',
    '',
    'The proxy takes it over at once, or on SIGHUP.',
  ]
}
