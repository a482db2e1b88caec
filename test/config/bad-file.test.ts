import t from 'tap'
import { complaintsAbout } from './load.js'

const DURATION = 'such as 500ms, 30s, 15m or 24h'
const SIZE = 'such as 64KiB, 256MiB or 1GiB'

/** A file, and every line that is said about it. */
const cases: Readonly<Record<string, readonly [file: string, ...lines: readonly string[]]>> = {
  'a value of the wrong kind': [
    'server:\n  port: 80a\n',
    'c.yaml:2:9: server.port: expected an integer from 0 to 65535, got "80a"',
  ],
  'a value out of bounds': [
    'server: { port: 65536 }',
    'c.yaml:1:17: server.port: expected an integer from 0 to 65535, got 65536',
  ],
  'text that only looks like a number': [
    'server:\n  port: "8080"\n',
    'c.yaml:2:9: server.port: expected an integer from 0 to 65535, got "8080"',
  ],
  'a duration without its unit': [
    '\n\nupstream:\n  timeout: 30\n',
    `c.yaml:4:12: upstream.timeout: expected a duration from 10ms to 10m, ${DURATION}, got 30`,
  ],
  'a duration that is too long': [
    'limits:\n  minute:\n    window: 25h\n',
    `c.yaml:3:13: limits.minute.window: expected a duration from 100ms to 24h, ${DURATION}, got "25h"`,
  ],
  'a size with a wrong unit': [
    'cache:\n  maxSize: 256MB\n',
    `c.yaml:2:12: cache.maxSize: expected a size from 1KiB to 1TiB, ${SIZE}, got "256MB"; did you mean 256MiB?`,
  ],
  'a word that is none of the list': [
    'log: { level: verbose }',
    'c.yaml:1:15: log.level: expected one of trace, debug, info, warn, error, fatal, silent, got "verbose"',
  ],
  'neither auto nor a number': [
    'limits: { day: { max: automatic } }',
    'c.yaml:1:23: limits.day.max: expected auto, or an integer from 1 to 100000000, got "automatic"',
  ],
  'a misspelt section': [
    'limits:\n  minut:\n    max: 3\n',
    'c.yaml:2:3: limits.minut: unknown setting; did you mean limits.minute?',
  ],
  'a name in another style': [
    'limits:\n  queue:\n    max_wait: 3s\n',
    'c.yaml:3:5: limits.queue.max_wait: unknown setting; did you mean limits.queue.maxWait?',
  ],
  'a name outside of its section': [
    'port: 80\n',
    'c.yaml:1:1: port: unknown setting; did you mean server.port?',
  ],
  'a name that is like no other': ['zzzzzzzz: 1\n', 'c.yaml:1:1: zzzzzzzz: unknown setting'],
  'a name of two lines': [
    '? |\n  server\n  port\n: 1\n',
    'c.yaml:1:3: "server\\nport\\n": unknown setting; did you mean server.port?',
  ],
  'names that JavaScript objects have anyway': [
    '__proto__: {}\nserver: { constructor: 1 }\n',
    'c.yaml:1:1: __proto__: unknown setting',
    'c.yaml:2:11: server.constructor: unknown setting',
  ],
  'an unknown resource': [
    'cache:\n  resources:\n    tasks: { ttl: 5m }\n',
    'c.yaml:3:5: cache.resources.tasks: unknown setting; did you mean cache.resources.task?',
  ],
  'mistakes in a resource': [
    'cache:\n  resources:\n    task: { ttl: 5x, tl: 1, share: all }\n',
    `c.yaml:3:18: cache.resources.task.ttl: expected a duration from 0ms to 365d, ${DURATION}, got "5x"`,
    'c.yaml:3:22: cache.resources.task.tl: unknown setting; did you mean cache.resources.task.ttl?',
    'c.yaml:3:36: cache.resources.task.share: expected one of none, account, got "all"',
  ],
  'text where a section should be': [
    'log: debug\n',
    'c.yaml:1:6: log: expected a section with level, file, got "debug"',
  ],
  'a list where a value should be': [
    'server:\n  host: [a, b]\n',
    'c.yaml:2:9: server.host: expected a host name or an IP address without its port, got a list',
  ],
  'a list where the settings should be': [
    '- server\n',
    'c.yaml:1:1: expected a section with server, upstream, store, limits, cache, accounts …, got a list',
  ],
  'a name without a value': [
    'server:\n  port:\n',
    'c.yaml:2:3: server.port: expected an integer from 0 to 65535, got nothing',
  ],
  'a name that stands twice': [
    'server:\n  port: 1\n  port: 2\n',
    'c.yaml:3:3: server.port: stands here a second time; the first is in line 2',
  ],
  'a mistake behind an alias, where it is written': [
    'limits:\n  queue: { maxWait: &wait 30 }\nupstream: { timeout: *wait }\n',
    `c.yaml:2:27: limits.queue.maxWait: expected a duration from 0ms to 1h, ${DURATION}, got 30`,
    `c.yaml:3:22: upstream.timeout: expected a duration from 10ms to 10m, ${DURATION}, got 30`,
  ],
  'wrong indentation': [
    'server:\n  port: 1\n host: a\n',
    'c.yaml:3:1: not valid YAML: wrong indentation, or a bracket left open above; names of one section start in the same column',
  ],
  'a bracket that is not closed': [
    'server: { port: 1\nlog: {}\n',
    'c.yaml:2:1: not valid YAML: wrong indentation, or a bracket left open above; names of one section start in the same column',
  ],
  'a tab': ['server:\n\tport: 1\n', 'c.yaml:2:1: not valid YAML: a tab; indent with spaces'],
  'several values that are no such thing': [
    'store: { redis: "http://a" }\naccounts: []\ncache: { profile: squid }\n',
    'c.yaml:1:17: store.redis: expected a URL of redis, redis+sentinel or redis+cluster (rediss for TLS), got other text',
    'c.yaml:2:11: accounts: expected a section with names of your choice, got a list',
    'c.yaml:3:19: cache.profile: expected one of intervals, http, got "squid"',
  ],
  'columns behind characters of two and four bytes': [
    'server: { host: "ä😀", port: x }',
    'c.yaml:1:17: server.host: expected a host name or an IP address without its port, got "ä😀"',
    'c.yaml:1:30: server.port: expected an integer from 0 to 65535, got "x"',
  ],
  'lines that end as on Windows': [
    'server:\r\n  port: x\r\n',
    'c.yaml:2:9: server.port: expected an integer from 0 to 65535, got "x"',
  ],
}

for (const [name, [file, ...lines]] of Object.entries(cases)) {
  t.test(`says what is wrong: ${name}`, async (t) => {
    t.strictSame(complaintsAbout(file), lines)
  })
}

t.test('accepts files that say nothing', async (t) => {
  for (const text of ['', '# only a comment\n', '---\n', 'server:\ncache:\n  resources:\n']) {
    t.strictSame(complaintsAbout(text), [])
  }
})

t.test('never repeats a secret', async (t) => {
  const secrets = [
    'server: { adminToken: [hush] }',
    'server: { adminToken: "hush hush" }',
    'server: { adminToken: *hush }',
    'server: { adminToken: !hush 1 }',
    'server: { adminToken: "\\hush" }',
    'server: { adminToken: @hush }',
    'server: { adminTokn: hush }',
    'server:\n  adminToken: hush: hush\n',
    'store: { redis: "http://me:hush@host" }',
    'upstream: { url: "https://me:hush@host/" }',
  ]
  for (const text of secrets) {
    const lines = complaintsAbout(text)
    t.not(lines.length, 0, text)
    t.notMatch(lines.join('\n'), /hush/u, text)
  }
})

t.test('cuts a long value short', async (t) => {
  const [line = ''] = complaintsAbout(`log: { level: ${'x'.repeat(5000)} }`)
  t.ok(line.length < 250)
})
