/**
 * `intervals-proxy key new NAME`: a key for a consumer, shown once; the file gets its hash only.
 * `intervals-proxy key list`: which keys there are, when they expire, and when they were last used.
 */
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import type { Status } from '../report/status-report.js'
import { loadConfiguration, refuse } from './configuration.js'
import { columns } from './display/layout.js'
import { ask, defineTarget, targetOf } from './running-proxy.js'
import { hashOf } from '../config/secret-reference.js'
import { GIVEN_NAME, GIVEN_NAME_EXPECTED } from '../config/sections/names.js'
import { CommandError, EXIT, type Context, type ExitCode } from './context.js'

/** 256 bits: nothing to guess, so a plain hash of it can lie in the file. */
const KEY_BYTES = 32
/** Tells keys from Intervals tokens. Letters and digits only, because some clients validate tokens. */
const PREFIX = 'ivp'

export function define(command: Command): void {
  command
    .argument('<action>', 'new: make a key; list: those in the configuration')
    .argument('[name]', 'new: the consumer it is for')
  defineTarget(command)
  command.addHelpText(
    'after',
    '\nTo revoke a key, delete its consumer from the configuration, or replace the hash by that of a new\nkey, and save: the old key gets 401 within seconds.',
  )
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const [action = '', name] = command.args
  if (action === 'list' && name === undefined) return list(command, context)
  if (action !== 'new') {
    const message = `"key ${command.args.join(' ')}" is no command; "key new NAME" and "key list" are`
    throw new CommandError(message, EXIT.usage)
  }
  if (name === undefined) throw new CommandError('"key new NAME": the name is missing', EXIT.usage)
  return make(name, context)
}

interface ListedKey {
  readonly consumer: string
  readonly account: string | null
  /** The first day on which it is refused. */
  readonly expires: string | null
  readonly isExpired: boolean
  /** null: not since the proxy started, or unknown. */
  readonly lastUsed: string | null
}

/** From the configuration; when they were used, from the proxy, if it runs. */
async function list(command: Command, context: Context): Promise<ExitCode> {
  const { json, config: file } = command.opts<{ readonly json?: true; readonly config?: string }>()
  const loaded = loadConfiguration(context, file)
  if (!loaded.ok) return refuse(loaded.problems, context)
  const target = targetOf(command, context)
  const status = await ask(target, { path: '/-/status' }).catch((error: unknown) => error)
  const isKnown = !(status instanceof Error)
  const used = new Map(
    isKnown ? (status as Status).consumers.map((one) => [one.consumer, one.lastUsed]) : [],
  )
  const keys = Object.entries(loaded.config.consumers).flatMap(([consumer, settings]) => {
    const { key, expires, account = null } = settings
    if (key === undefined) return []
    return [
      {
        consumer,
        account,
        expires: expires === undefined ? null : new Date(expires).toISOString().slice(0, 10),
        isExpired: expires !== undefined && expires <= Date.now(),
        lastUsed: used.get(consumer) ?? null,
      } satisfies ListedKey,
    ]
  })
  if (json) context.out(JSON.stringify({ keys }))
  else for (const line of linesOf(keys, isKnown)) context.out(line)
  if (!isKnown) {
    context.err(`no proxy answers at ${target.url}, so it is unknown when the keys were last used`)
  }
  return EXIT.ok
}

function linesOf(keys: readonly ListedKey[], isKnown: boolean): readonly string[] {
  if (keys.length === 0) return ['No consumer has a key. "intervals-proxy key new NAME" makes one.']
  const none = isKnown ? 'not since the proxy started' : 'unknown'
  const rows = keys.map(({ consumer, account, expires, isExpired, lastUsed }) => [
    consumer,
    account ?? '-',
    expires === null ? 'never' : isExpired ? `${expires} (expired)` : expires,
    lastUsed ?? none,
  ])
  return columns([['consumer', 'account', 'expires', 'last used'], ...rows])
}

function make(name: string, context: Context): ExitCode {
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
