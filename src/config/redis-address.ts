/** What `store.redis` says: one server, the sentinels that know which it is, or nodes of a cluster. */

export interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** User and password; undefined where there are none. */
export interface Credentials {
  readonly username: string | undefined
  readonly password: string | undefined
}

interface Common extends Credentials {
  readonly isTls: boolean
  /** Number of the database; a cluster has only 0. */
  readonly database: number
}

export type RedisAddress =
  | (Common & { readonly kind: 'server'; readonly server: ServerAddress })
  | (Common & {
      readonly kind: 'sentinel'
      readonly sentinels: readonly ServerAddress[]
      /** The name that the sentinels know the master by. */
      readonly masterName: string
      /** Of the sentinels themselves, which have users of their own. */
      readonly ofSentinels: Credentials
    })
  | (Common & { readonly kind: 'cluster'; readonly nodes: readonly ServerAddress[] })

/** What is wrong with the text, and how it should be. Nothing of it is repeated: any part may be a password. */
export class RedisAddressError extends Error {}

const FORM =
  /^redis(?<tls>s)?(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<login>[^/?#]*)@)?(?<hosts>[^/?#@]*)(?:\/(?<path>[^?]*))?(?:\?(?<query>.*))?$/u
const SERVER_PORT = 6379
const SENTINEL_PORT = 26_379

/** @throws RedisAddressError */
export function parseRedisAddress(text: string): RedisAddress {
  const parts = FORM.exec(text)?.groups
  if (parts === undefined) {
    throw new RedisAddressError(
      'is none of redis://HOST:6379/, redis+sentinel://HOST:26379,HOST:26379/MASTER and redis+cluster://HOST:6379,HOST:6379 (rediss for TLS); special characters of a password are written as %40',
    )
  }
  const { tls, kind, login, hosts = '', path = '', query } = parts
  const common = { ...credentialsOf(login), isTls: tls !== undefined, database: 0 }
  if (kind === 'sentinel') {
    const [masterName = '', database = ''] = path.split('/').map(decoded)
    if (masterName === '') {
      throw new RedisAddressError(
        'does not name the master: write it behind the sentinels, as in redis+sentinel://HOST:26379/mymaster',
      )
    }
    return {
      kind,
      ...common,
      database: databaseOf(database),
      sentinels: serversOf(hosts, SENTINEL_PORT),
      masterName,
      ofSentinels: sentinelCredentials(query),
    }
  }
  if (kind === 'cluster') {
    if (path !== '') throw new RedisAddressError('names a database, and a cluster has only one')
    return { kind, ...common, nodes: serversOf(hosts, SERVER_PORT) }
  }
  const [server, ...more] = serversOf(hosts, SERVER_PORT)
  if (server === undefined || more.length > 0) {
    throw new RedisAddressError(
      'names several servers: with sentinels it begins with redis+sentinel://, with a cluster with redis+cluster://',
    )
  }
  return { kind: 'server', ...common, database: databaseOf(path), server }
}

/** For people: without user, password and query. */
export function describeRedis(address: RedisAddress): string {
  const join = (servers: readonly ServerAddress[]): string => servers.map(addressText).join(', ')
  switch (address.kind) {
    case 'server':
      return addressText(address.server)
    case 'sentinel':
      return `${address.masterName} of the sentinels ${join(address.sentinels)}`
    case 'cluster':
      return `cluster of ${join(address.nodes)}`
    default:
      return address satisfies never
  }
}

export const addressText = ({ host, port }: ServerAddress): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

function serversOf(hosts: string, defaultPort: number): readonly ServerAddress[] {
  return hosts.split(',').map((one) => {
    const found = /^(?:\[(?<v6>[\da-fA-F:.]+)\]|(?<name>[^:[\]]+))(?::(?<port>\d{1,5}))?$/u.exec(
      one,
    )
    const { v6, name, port } = found?.groups ?? {}
    const host = v6 ?? name
    const number = port === undefined ? defaultPort : Number(port)
    if (host === undefined || number < 1 || number > 65_535) {
      throw new RedisAddressError(
        `has something else where a host and a port should be, as in redis-1:${defaultPort}; special characters of a password are written as %40`,
      )
    }
    return { host, port: number }
  })
}

function databaseOf(text: string): number {
  if (!/^\d{0,5}$/u.test(text)) {
    throw new RedisAddressError('has something else where the number of a database should be')
  }
  return Number(text)
}

function credentialsOf(login = ''): Credentials {
  const at = login.indexOf(':')
  const [user, password] = at < 0 ? [login, ''] : [login.slice(0, at), login.slice(at + 1)]
  return { username: decoded(user) || undefined, password: decoded(password) || undefined }
}

const PARAMETERS: ReadonlySet<string> = new Set(['sentinel-user', 'sentinel-password'])

function sentinelCredentials(query = ''): Credentials {
  const parameters = new URLSearchParams(query)
  for (const name of parameters.keys()) {
    if (!PARAMETERS.has(name)) {
      throw new RedisAddressError(
        'has a parameter besides sentinel-user and sentinel-password; special characters of a password are written as %26',
      )
    }
  }
  return {
    username: parameters.get('sentinel-user') ?? undefined,
    password: parameters.get('sentinel-password') ?? undefined,
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new RedisAddressError('has a % that no two hexadecimal digits follow: write it as %25')
  }
}
