/** Rules between accounts and consumers, so that no request is charged or admitted by mistake. */
import { nearest } from './nearest.js'
import { obviousKey } from './obvious-keys.js'
import type { Rule } from './rules.js'
import type { Config } from './schema.js'
import { hashOf, readSecret, type SecretReader } from './secret-reference.js'

type Consumer = Config['consumers'][string]
type Check = (config: Config, reader: SecretReader) => string | undefined

/** The rules for the names that stand in this configuration. */
export function gatewayRules({ accounts, consumers }: Config): readonly Rule[] {
  return [
    ...Object.keys(accounts).flatMap((name) => accountRules(name)),
    ...Object.keys(accounts).map((name) => toldApart(name)),
    ...Object.keys(consumers).flatMap((name) => consumerRules(name)),
    ...Object.keys(consumers).flatMap((name) => [shares(name, 'day'), shares(name, 'minute')]),
  ]
}

/** With the tokens in the place of what names them; where one cannot be read, a rule has said so. */
export function withSecrets(config: Config, reader: SecretReader): Config {
  const accounts = Object.entries(config.accounts).map(([name, account]) => {
    const tokens = account.tokens?.map((reference) => tokenHash(reference, reader) ?? reference)
    return [name, { ...account, ...(tokens !== undefined && { tokens }) }]
  })
  const consumers = Object.entries(config.consumers).map(([name, consumer]) => {
    const { credential } = consumer
    const read = credential === undefined ? undefined : readSecret(credential, reader)
    return [name, { ...consumer, ...(read && 'secret' in read && { credential: read.secret }) }]
  })
  return {
    ...config,
    accounts: Object.fromEntries(accounts) as Config['accounts'],
    consumers: Object.fromEntries(consumers) as Config['consumers'],
  }
}

const rule = (key: string, broken: Check): Rule => ({
  keys: [key],
  broken: ({ config, ...reader }) => broken(config, reader),
})

function accountRules(name: string): readonly Rule[] {
  return [
    rule(`accounts.${name}.tokens`, ({ accounts }, reader) => {
      for (const reference of accounts[name]?.tokens ?? []) {
        if (reference.startsWith('sha256:')) continue
        const read = readSecret(reference, reader)
        if ('problem' in read) return read.problem
      }
      return undefined
    }),
    rule(`accounts.${name}.tokens`, (config, reader) => {
      const mine = new Set(hashesOf(config, name, reader))
      const others = Object.keys(config.accounts)
      for (const other of others.slice(0, others.indexOf(name))) {
        if (hashesOf(config, other, reader).some((hash) => mine.has(hash))) {
          return `a token of it is in accounts.${other}.tokens as well: it can be charged to one account only`
        }
      }
      return undefined
    }),
  ]
}

/** With several accounts and unknown clients admitted, every request would be charged to the first account. */
function toldApart(name: string): Rule {
  return rule(`accounts.${name}.plan`, ({ accounts, consumers }) => {
    const isClosed =
      Object.values(accounts).some(({ tokens }) => tokens !== undefined) ||
      Object.values(consumers).some(({ key }) => key !== undefined)
    return isClosed || Object.keys(accounts)[0] === name
      ? undefined
      : `nothing tells requests of ${name} from those of other accounts: list its tokens, or give its consumers keys`
  })
}

function consumerRules(name: string): readonly Rule[] {
  const of = ({ consumers }: Config): Consumer => consumers[name] ?? {}
  const onlyWithKey = (setting: 'credential' | 'expires' | 'read' | 'write'): Rule =>
    rule(`consumers.${name}.${setting}`, (config) =>
      of(config)[setting] !== undefined && of(config).key === undefined
        ? `works only with consumers.${name}.key: without a key anybody can take the name`
        : undefined,
    )
  return [
    ...(['credential', 'expires', 'read', 'write'] as const).map(onlyWithKey),
    rule(`consumers.${name}.key`, (config) =>
      of(config).key !== undefined && of(config).credential === undefined
        ? `needs consumers.${name}.credential: the Intervals token that the proxy sends for it`
        : undefined,
    ),
    rule(`consumers.${name}.key`, (config) => {
      const guessed = obviousKey(of(config).key ?? '')
      return guessed === undefined
        ? undefined
        : `is the hash of "${guessed}", which can be guessed: make a key with "intervals-proxy key new ${name}"`
    }),
    rule(`consumers.${name}.key`, ({ consumers }) => {
      const names = Object.keys(consumers)
      const key = consumers[name]?.key
      const twin = names
        .slice(0, names.indexOf(name))
        .find((other) => key !== undefined && consumers[other]?.key === key)
      return twin && `is the key of ${twin} as well: make another with "intervals-proxy key new"`
    }),
    rule(`consumers.${name}.account`, ({ accounts, consumers }) => {
      const asked = consumers[name]?.account
      if (asked === undefined || Object.hasOwn(accounts, asked)) return undefined
      const meant = nearest(asked, Object.keys(accounts))
      return `there is no account ${asked}${meant === undefined ? ': list it in accounts' : `; did you mean ${meant}?`}`
    }),
    rule(`consumers.${name}.key`, (config) =>
      of(config).key !== undefined &&
      of(config).account === undefined &&
      Object.keys(config.accounts).length > 1
        ? `needs consumers.${name}.account: there are ${Object.keys(config.accounts).length}`
        : undefined,
    ),
    rule(`consumers.${name}.credential`, (config, reader) =>
      credentialProblem(config, reader, name),
    ),
  ]
}

function credentialProblem(config: Config, reader: SecretReader, name: string): string | undefined {
  const { credential, account } = config.consumers[name] ?? {}
  if (credential === undefined) return undefined
  const read = readSecret(credential, reader)
  if ('problem' in read) return read.problem
  const hash = hashOf(read.secret)
  const mine = account ?? Object.keys(config.accounts)[0]
  const owner = Object.keys(config.accounts).find((other) =>
    hashesOf(config, other, reader).includes(hash),
  )
  return owner !== undefined && owner !== mine
    ? `its token is one of accounts.${owner}.tokens, and this consumer is charged to ${mine}`
    : undefined
}

/** Blames the consumer with which the sum passes the whole. */
function shares(name: string, part: 'day' | 'minute'): Rule {
  return rule(`consumers.${name}.share.${part}`, ({ accounts, consumers, limits }) => {
    if (consumers[name]?.share?.[part] === undefined) return undefined
    // The day belongs to an account; the window belongs to our address, so to all accounts.
    const only = Object.keys(accounts)[0]
    const poolOf = (consumer: Consumer | undefined) =>
      part === 'day' ? (consumer?.account ?? only) : undefined
    const kept = part === 'day' ? limits.day.keepForWrites + limits.day.keepForInteractive : 0
    const names = Object.keys(consumers)
    const sum = names
      .slice(0, names.indexOf(name) + 1)
      .filter((other) => poolOf(consumers[other]) === poolOf(consumers[name]))
      .reduce((total, other) => total + (consumers[other]?.share?.[part] ?? 0), kept)
    if (sum <= 1 + ROUNDING) return undefined
    const together = kept > 0 ? ', keepForWrites and keepForInteractive included' : ''
    return `with it ${percentOf(sum)} of the ${part} are promised${together}: no more than 100% can be kept`
  })
}

const ROUNDING = 1e-9
const percentOf = (part: number): string => `${Math.round(part * 10_000) / 100}%`

function hashesOf(config: Config, account: string, reader: SecretReader): readonly string[] {
  return (config.accounts[account]?.tokens ?? []).flatMap(
    (reference) => tokenHash(reference, reader) ?? [],
  )
}

function tokenHash(reference: string, reader: SecretReader): string | undefined {
  if (reference.startsWith('sha256:')) return reference
  const read = readSecret(reference, reader)
  return 'secret' in read ? hashOf(read.secret) : undefined
}
