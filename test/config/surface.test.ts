import t from 'tap'
import { SETTINGS, defaultOf, isNeeded } from '../../src/config/settings.js'
import { configFrom } from './load.js'

/** The names other people's scripts rely on, with their variables and defaults. */
const surface: readonly (readonly [key: string, variable?: string, written?: string | number])[] = [
  ['server.host', 'INTERVALS_PROXY_HOST', '127.0.0.1'],
  ['server.port', 'INTERVALS_PROXY_PORT', 8080],
  ['server.adminToken', 'INTERVALS_PROXY_ADMIN_TOKEN'],
  ['server.tls.cert', 'INTERVALS_PROXY_TLS_CERT'],
  ['server.tls.key', 'INTERVALS_PROXY_TLS_KEY'],
  ['upstream.url', 'INTERVALS_PROXY_UPSTREAM', 'https://api.myintervals.com/'],
  ['upstream.timeout', 'INTERVALS_PROXY_UPSTREAM_TIMEOUT', '30s'],
  ['upstream.answerTimeout', 'INTERVALS_PROXY_UPSTREAM_ANSWER_TIMEOUT', '10m'],
  ['upstream.ca', 'INTERVALS_PROXY_UPSTREAM_CA'],
  ['upstream.proxy', 'INTERVALS_PROXY_UPSTREAM_PROXY'],
  ['store.dir', 'INTERVALS_PROXY_DATA_DIR', './intervals-proxy-data'],
  ['store.redis', 'INTERVALS_PROXY_REDIS_URL'],
  ['limits.minute.max', 'INTERVALS_PROXY_MINUTE_MAX', 100],
  ['limits.minute.window', 'INTERVALS_PROXY_MINUTE_WINDOW', '60s'],
  ['limits.day.max', 'INTERVALS_PROXY_DAY_MAX', 'auto'],
  ['limits.queue.maxWait', 'INTERVALS_PROXY_MAX_WAIT', '75s'],
  ['limits.queue.maxLength', 'INTERVALS_PROXY_MAX_QUEUE', 1000],
  ['cache.maxSize', 'INTERVALS_PROXY_CACHE_SIZE', '256MiB'],
  ['cache.profile', 'INTERVALS_PROXY_CACHE_PROFILE', 'intervals'],
  ['cache.resources.NAME.ttl'],
  ['cache.resources.NAME.stale'],
  ['cache.resources.NAME.share'],
  ['log.level', 'INTERVALS_PROXY_LOG_LEVEL', 'info'],
]

for (const [key, variable, written] of surface) {
  t.test(`${key} keeps its name, its variable and its default`, async (t) => {
    const setting = SETTINGS.find((candidate) => candidate.key === key)
    t.match(setting, { key })
    t.equal(setting?.keyword.variable, variable)
    t.equal(setting?.written, written)
  })
}

t.test('the flags of serve keep their names', async (t) => {
  const flags = SETTINGS.flatMap(({ keyword }) => keyword.flag?.split(' ')[0] ?? [])
  t.strictSame(flags, ['--host', '--port', '--upstream', '--data-dir', '--log-level'])
})

t.test('no two settings share a variable', async (t) => {
  const variables = SETTINGS.flatMap(({ keyword }) => keyword.variable ?? [])
  t.equal(new Set(variables).size, variables.length)
})

t.test('every setting that the program needs has a default, and no other has', async (t) => {
  for (const setting of SETTINGS) {
    t.equal(defaultOf(setting) !== undefined, isNeeded(setting), setting.key)
    t.equal(setting.keyword.unset !== undefined, !isNeeded(setting), setting.key)
  }
})

t.test('nothing set is the documented configuration', async (t) => {
  t.strictSame(configFrom({}), {
    server: {
      host: '127.0.0.1',
      port: 8080,
      bodyLimit: 10_485_760,
      bodyMemory: 268_435_456,
      maxConnections: 4000,
      workers: 1,
      overload: { maxEventLoopDelay: 1000 },
    },
    upstream: { url: 'https://api.myintervals.com/', timeout: 30_000, answerTimeout: 600_000 },
    store: { dir: '/home/intervals-proxy-data', newDisk: 'auto' },
    limits: {
      minute: { max: 100, window: 60_000 },
      day: { max: 'auto', keepForWrites: 0, keepForInteractive: 0, lendOver: 21_600_000 },
      queue: { maxWait: 75_000, maxLength: 1000, burstShare: 0.8 },
      egress: 'default',
    },
    cache: {
      maxSize: 268_435_456,
      maxDiskSize: 1_073_741_824,
      maxEntrySize: 16_777_216,
      profile: 'intervals',
      freshness: 'paced',
      floor: 0,
      writeSettle: 2_000,
      coherence: 'strict',
      upstreamDirectives: 'ignore',
      cdnCacheControl: 'obey',
      resources: {},
    },
    accounts: {},
    consumers: {},
    notify: {},
    log: { level: 'info' },
  })
})
