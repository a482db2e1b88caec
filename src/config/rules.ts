/** What has to hold between settings, and between a setting and the world. */
import { parseRedisAddress, RedisAddressError } from './redis-address.js'
import { X509Certificate } from 'node:crypto'
import { hasPort, isAddressOrRange, isLoopback } from './addresses.js'
import type { Config } from './schema.js'
import { formatSize } from './units.js'
import { unusedVariable, webProxyProblem } from './web-proxy.js'

/** What a rule may look at. */
export interface Facts {
  readonly config: Config
  /** The text of a file; throws if it cannot be read. */
  readonly readFile: (path: string) => string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A rule names the settings it is about, the one to blame first. `broken` returns what is wrong. */
export interface Rule {
  readonly keys: readonly [string, ...string[]]
  readonly broken: (facts: Facts) => string | undefined
}

/** Broken ones are problems: the proxy does not start. */
export const RULES: readonly Rule[] = [
  {
    keys: ['cache.maxEntrySize', 'cache.maxSize'],
    broken: ({ config: { cache } }) =>
      cache.maxEntrySize > cache.maxSize
        ? `${formatSize(cache.maxEntrySize)} is more than cache.maxSize, ${formatSize(cache.maxSize)}: no answer of that size could be kept`
        : undefined,
  },
  {
    keys: ['server.bodyMemory', 'server.bodyLimit'],
    broken: ({ config: { server } }) =>
      server.bodyMemory < server.bodyLimit
        ? `${formatSize(server.bodyMemory)} is less than server.bodyLimit, ${formatSize(server.bodyLimit)}: no body of that size could be taken`
        : undefined,
  },
  {
    keys: ['server.host', 'server.port'],
    broken: ({ config: { server } }) => {
      if (!hasPort(server.host)) return undefined
      const [host = '', port = ''] = server.host.split(':')
      return `${server.host} has a port in it: set server.host to ${host} and server.port to ${port}`
    },
  },
  {
    keys: ['limits.day.keepForWrites', 'limits.day.keepForInteractive'],
    broken: ({ config: { limits } }) => {
      const { keepForWrites, keepForInteractive } = limits.day
      const sum = keepForWrites + keepForInteractive
      return sum > 1
        ? `${percent(keepForWrites)} for writes and ${percent(keepForInteractive)} in limits.day.keepForInteractive are more than the day has: together they may be 100% at most`
        : undefined
    },
  },
  {
    keys: ['server.trustProxy'],
    broken: ({ config: { server } }) => {
      const wrong = server.trustProxy?.find((entry) => !isAddressOrRange(entry))
      return wrong && `${wrong} is neither an address nor a range, such as 10.0.0.5 or 10.0.0.0/8`
    },
  },
  {
    keys: ['server.cors.origins'],
    broken: ({ config: { server } }) => {
      for (const written of server.cors?.origins ?? []) {
        const origin = /^https?:/u.test(written) ? originOf(written) : written
        const correct = origin === undefined ? '' : `: write ${origin}`
        if (origin !== written) return `${written} is not what a browser sends${correct}`
      }
      return undefined
    },
  },
  {
    keys: ['limits.queue.maxLengthPerConsumer', 'limits.queue.maxLength'],
    broken: ({ config: { limits } }) =>
      (limits.queue.maxLengthPerConsumer ?? 0) > limits.queue.maxLength
        ? `${limits.queue.maxLengthPerConsumer} is more than limits.queue.maxLength, ${limits.queue.maxLength}`
        : undefined,
  },
  { keys: ['store.redis'], broken: ({ config: { store } }) => redisProblem(store.redis) },
  {
    keys: ['upstream.url'],
    broken: ({ config: { upstream } }) =>
      URL.canParse(upstream.url) ? undefined : 'is not a URL: check the host name and the port',
  },
  {
    keys: ['upstream.url', 'server.host', 'server.port'],
    broken: ({ config }) =>
      pointsAtItself(config) ? 'is the address of the proxy itself, see server.port' : undefined,
  },
  { keys: ['upstream.ca'], broken: certificateProblem },
  {
    keys: ['upstream.proxy'],
    broken: ({ config: { upstream } }) =>
      upstream.proxy === undefined ? undefined : webProxyProblem(upstream.proxy),
  },
  {
    keys: ['notify.url', 'upstream.url'],
    broken: ({ config: { notify, upstream } }) =>
      notify.url !== undefined && originOf(notify.url) === originOf(upstream.url)
        ? 'is at the upstream: what is sent there would spend the limits'
        : undefined,
  },
]

/** 16 characters of a random token are at least 64 bits; made-up tokens have fewer. */
export const MIN_ADMIN_TOKEN_LENGTH = 16

/** Broken ones are warnings: the proxy starts, and says so. */
export const ADVICE: readonly Rule[] = [
  { keys: ['upstream.proxy'], broken: ({ config, env }) => unusedVariable(config, env) },
  {
    keys: ['server.maxConnections', 'limits.queue.maxLength'],
    broken: ({ config: { server, limits } }) =>
      server.maxConnections <= limits.queue.maxLength
        ? `${server.maxConnections} is no more than limits.queue.maxLength, ${limits.queue.maxLength}: those who wait can keep out those whose answers are stored`
        : undefined,
  },
  {
    keys: ['server.adminToken', 'server.host'],
    broken: ({ config: { server } }) =>
      server.adminToken === undefined && !isLoopback(server.host)
        ? `is not set, and server.host ${server.host} can be reached from other machines: /-/status, /-/purge and the dashboard will answer this machine only`
        : undefined,
  },
  {
    keys: ['server.adminToken'],
    broken: ({ config: { server } }) =>
      server.adminToken !== undefined && server.adminToken.length < MIN_ADMIN_TOKEN_LENGTH
        ? `is shorter than ${MIN_ADMIN_TOKEN_LENGTH} characters and could be guessed: create one with openssl rand -hex 32`
        : undefined,
  },
  {
    keys: ['upstream.url'],
    broken: ({ config: { upstream } }) => {
      const url = URL.canParse(upstream.url) ? new URL(upstream.url) : undefined
      return url?.protocol === 'http:' && !isLoopback(url.hostname)
        ? 'is http, not https: the tokens of all consumers cross the network readable'
        : undefined
    },
  },
]

function redisProblem(url: string | undefined): string | undefined {
  try {
    if (url !== undefined) parseRedisAddress(url)
    return undefined
  } catch (error) {
    if (error instanceof RedisAddressError) return error.message
    throw error
  }
}

const percent = (part: number): string => `${Math.round(part * 10_000) / 100}%`

const originOf = (url: string): string | undefined =>
  URL.canParse(url) ? new URL(url).origin : undefined

function pointsAtItself({ server, upstream }: Config): boolean {
  if (!URL.canParse(upstream.url)) return false
  const { hostname, port, protocol } = new URL(upstream.url)
  const sameHost = hostname === server.host || (isLoopback(hostname) && isLoopback(server.host))
  const upstreamPort = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
  return sameHost && upstreamPort === server.port
}

function certificateProblem({ config: { upstream }, readFile }: Facts): string | undefined {
  if (upstream.ca === undefined) return undefined
  let pem: string
  try {
    pem = readFile(upstream.ca)
  } catch (error) {
    return `${upstream.ca} ${unreadable(error)}`
  }
  try {
    // A file may hold several certificates; the first tells whether it is one of this kind.
    void new X509Certificate(pem)
    return undefined
  } catch {
    return `${upstream.ca} holds no certificate in PEM format (-----BEGIN CERTIFICATE-----)`
  }
}

/** What an error of `readFile` means, to be put after the name of the file. */
export function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'does not exist'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user'
  if (code === 'EISDIR') return 'is a directory, not a file'
  return 'cannot be read'
}
