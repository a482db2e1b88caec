import t from 'tap'
import { configFrom, load } from './load.js'

const files = { 'c.yaml': 'server: { port: 1001 }\nlog: { level: warn }\n' }

t.test('a file wins over the defaults, a variable over the file, a flag over both', async (t) => {
  const env = { INTERVALS_PROXY_PORT: '1002' }
  const flags = { 'server.port': '1003' }
  t.equal(configFrom({}).server.port, 8080)
  t.equal(configFrom({ file: 'c.yaml', files }).server.port, 1001)
  t.equal(configFrom({ file: 'c.yaml', files, env }).server.port, 1002)
  t.equal(configFrom({ file: 'c.yaml', files, env, flags }).server.port, 1003)
})

t.test('says where each value came from, and what is not at its default', async (t) => {
  const loaded = load({
    file: 'c.yaml',
    files,
    env: { INTERVALS_PROXY_HOST: '127.0.0.1', INTERVALS_PROXY_PORT: '80' },
    flags: { 'store.dir': './intervals-proxy-data' },
  })
  if (!loaded.ok) throw new Error('refused')
  t.strictSame(Object.fromEntries(loaded.sources), {
    'server.port': { source: 'environment', name: 'INTERVALS_PROXY_PORT' },
    'log.level': { source: 'c.yaml', name: 'log.level', line: 2, column: 15 },
    'server.host': { source: 'environment', name: 'INTERVALS_PROXY_HOST' },
    'store.dir': { source: 'command line', name: '--data-dir' },
  })
  t.strictSame([...loaded.changed].toSorted(), ['log.level', 'server.port'])
})

t.test('the environment names the file unless a flag does', async (t) => {
  const env = { INTERVALS_PROXY_CONFIG: 'c.yaml' }
  const others = { ...files, 'd.yaml': 'server: { port: 7 }' }
  t.equal(configFrom({ env, files }).server.port, 1001)
  t.equal(configFrom({ env, files: others, file: 'd.yaml' }).server.port, 7)
})

t.test('durations are milliseconds, sizes bytes, paths absolute', async (t) => {
  const config = configFrom({
    env: {
      INTERVALS_PROXY_MINUTE_WINDOW: '1.5m',
      INTERVALS_PROXY_CACHE_SIZE: '1GiB',
      INTERVALS_PROXY_BODY_LIMIT: '4096',
      INTERVALS_PROXY_DATA_DIR: 'here',
    },
  })
  t.equal(config.limits.minute.window, 90_000)
  t.equal(config.cache.maxSize, 2 ** 30)
  t.equal(config.server.bodyLimit, 4096)
  t.equal(config.store.dir, '/home/here')
})

t.test('the configuration is frozen all the way down', async (t) => {
  const config = configFrom({
    file: 'c.yaml',
    files: { 'c.yaml': 'cache: { resources: { task: { ttl: 5m, stale: 0s, share: account } } }' },
  })
  t.strictSame(config.cache.resources, {
    task: { ttl: 300_000, stale: 0, share: 'account' },
  })
  const assertFrozen = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    t.ok(Object.isFrozen(value))
    Object.values(value).forEach(assertFrozen)
  }
  assertFrozen(config)
})

t.test(
  'an existing ./data of an earlier version is still used, one of another program is not',
  async (t) => {
    const dirWith = (...names: readonly string[]) =>
      configFrom({ exists: (path) => names.includes(path.replace('/home/', '')) }).store.dir
    const own = ['data/ledger.mdb', 'data/secret.key']
    t.equal(dirWith(), '/home/intervals-proxy-data')
    t.equal(dirWith('data/secret.key'), '/home/intervals-proxy-data')
    t.equal(dirWith(...own), '/home/data')
    t.equal(dirWith(...own, 'intervals-proxy-data'), '/home/intervals-proxy-data')
    t.equal(
      configFrom({ exists: () => true, flags: { 'store.dir': 'elsewhere' } }).store.dir,
      '/home/elsewhere',
    )
  },
)
