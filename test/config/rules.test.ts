import t from 'tap'
import { complaints, complaintsAbout, configFrom, load } from './load.js'
import { PEM } from './pem.js'

t.test('an entry may not be larger than the cache', async (t) => {
  t.strictSame(complaintsAbout('cache:\n  maxSize: 1MiB\n  maxEntrySize: 2MiB\n'), [
    'c.yaml:3:17: cache.maxEntrySize: 2MiB is more than cache.maxSize, 1MiB: no answer of that size could be kept',
  ])
})

t.test('a small cache lowers the default of its entries', async (t) => {
  const { cache } = configFrom({ env: { INTERVALS_PROXY_CACHE_SIZE: '1MiB' } })
  t.equal(cache.maxEntrySize, 2 ** 20)
})

t.test('a host has no port in it, and a colon of IPv6 is none', async (t) => {
  const about = (host: string) => complaintsAbout(`server: { host: '${host}', adminToken: abc }`)
  for (const host of ['127.0.0.1', 'proxy.example', '::1', 'fe80::1%eth0', '::ffff:10.0.0.1']) {
    t.strictSame(about(host), [], host)
  }
  for (const host of ['127.0.0.1:80', 'localhost:8080', 'proxy.example:']) {
    t.match(about(host), [/server\.host: .* has a port in it: set server\.host to [\w.]+ /u], host)
  }
})

t.test('no more of a day is kept than there is', async (t) => {
  const about = (writes: string, people: string) =>
    complaintsAbout(`limits: { day: { keepForWrites: ${writes}, keepForInteractive: ${people} } }`)
  t.strictSame(about('60%', '40%'), [])
  t.strictSame(about('60%', '60%'), [
    'c.yaml:1:33: limits.day.keepForWrites: 60% for writes and 60% in limits.day.keepForInteractive are more than the day has: together they may be 100% at most',
  ])
})

t.test('one consumer may not have a longer queue than all of them', async (t) => {
  t.strictSame(complaintsAbout('limits: { queue: { maxLength: 10, maxLengthPerConsumer: 11 } }'), [
    'c.yaml:1:57: limits.queue.maxLengthPerConsumer: 11 is more than limits.queue.maxLength, 10',
  ])
})

t.test('an origin is written as the browser sends it', async (t) => {
  const about = (origin: string) => complaintsAbout(`server: { cors: { origins: ['${origin}'] } }`)
  for (const origin of [
    'https://a.example',
    'http://localhost:3000',
    'http://[::1]:81',
    'app://x',
  ]) {
    t.strictSame(about(origin), [], origin)
  }
  for (const origin of ['*', 'null', 'a.example', 'https://a.example/', 'https://A.example']) {
    t.match(about(origin), [/server\.cors\.origins: expected a list of exact origins/u], origin)
  }
  t.match(about('https://a.example:443'), [
    /not what a browser sends: write https:\/\/a\.example$/u,
  ])
  t.match(about('https://a.example:99999'), [/not what a browser sends$/u])
})

t.test('where Redis is has to be understood, and is not repeated', async (t) => {
  const url = 'redis+sentinel://me:secret@one,two'
  t.strictSame(complaintsAbout(`store: { redis: '${url}' }`), [
    'c.yaml:1:17: store.redis: does not name the master: write it behind the sentinels, as in redis+sentinel://HOST:26379/mymaster',
  ])
  const { store } = configFrom({ env: { INTERVALS_PROXY_REDIS_URL: `${url}/main` } })
  t.equal(store.redis, `${url}/main`)
})

t.test('a rule keeps quiet about a setting that is wrong anyway', async (t) => {
  const lines = complaintsAbout('cache: { maxSize: huge, maxEntrySize: 1GiB }')
  t.equal(lines.length, 1)
  t.match(lines[0], /cache\.maxSize/u)
})

t.test('the upstream is an http or https URL, and somebody else', async (t) => {
  const about = (url: string) => complaintsAbout(`upstream: { url: '${url}' }`)
  for (const url of [
    'ftp://host/',
    'host',
    'https://a/?key=1',
    'https://a/#b',
    'https://u:p@a/',
    'https://',
  ]) {
    t.match(about(url), [/upstream\.url: expected an http or https URL without credentials/u], url)
  }
  t.match(about('https://[::1/'), [/upstream\.url: is not a URL/u])
  t.match(about('https://a:99999/'), [/upstream\.url: is not a URL/u])
  t.match(about('http://localhost:8080/'), [/upstream\.url: is the address of the proxy itself/u])
  t.strictSame(about('http://localhost:8081/'), [])
  t.strictSame(about('https://[::1]:8443/api/'), [])
})

t.test('an additional CA has to be a file with a certificate', async (t) => {
  const about = (files: Record<string, string>) =>
    complaints({ file: 'c.yaml', files: { 'c.yaml': 'upstream:\n  ca: ca.pem\n', ...files } })
  t.strictSame(about({}), ['c.yaml:2:7: upstream.ca: ca.pem does not exist'])
  t.match(about({ 'ca.pem': 'no' }), [/^c\.yaml:2:7: upstream\.ca: ca\.pem holds no certificate/u])
  t.strictSame(about({ 'ca.pem': PEM }), [])
})

t.test('a file that is not there is one problem beside the others', async (t) => {
  t.strictSame(complaints({ file: 'no.yaml', env: { INTERVALS_PROXY_PORT: 'x' } }), [
    'no.yaml: the configuration file does not exist',
    'environment: INTERVALS_PROXY_PORT: expected an integer from 0 to 65535, got "x"',
  ])
})

t.test('warns about what is allowed but unwise', async (t) => {
  const warningsOf = (env: Record<string, string>) => {
    const loaded = load({ env })
    return loaded.ok ? loaded.warnings : undefined
  }
  t.strictSame(warningsOf({}), [])
  t.match(warningsOf({ INTERVALS_PROXY_HOST: '0.0.0.0' }), [
    /adminToken is not set/u,
    /INTERVALS_PROXY_HOST: server\.tls\.cert is not set.*readable\. Set server\.tls\.cert and server\.tls\.key/u,
  ])
  t.match(warningsOf({ INTERVALS_PROXY_HOST: '0.0.0.0', INTERVALS_PROXY_ADMIN_TOKEN: 'x' }), [
    /INTERVALS_PROXY_ADMIN_TOKEN: is shorter than 16 characters/u,
    /server\.tls\.cert is not set/u,
  ])
  t.match(warningsOf({ INTERVALS_PROXY_UPSTREAM: 'http://example.com' }), [/is http, not https/u])
})
