import t from 'tap'
import { complaints, configFrom } from './load.js'

const cases: Readonly<Record<string, readonly [name: string, value: string, line: string]>> = {
  'an unknown name': [
    'INTERVALS_PROXY_PROT',
    'x',
    'INTERVALS_PROXY_PROT: unknown variable; did you mean INTERVALS_PROXY_PORT?',
  ],
  'the key instead of the variable': [
    'INTERVALS_PROXY_CACHE_MAXSIZE',
    '1MiB',
    'INTERVALS_PROXY_CACHE_MAXSIZE: unknown variable; did you mean INTERVALS_PROXY_CACHE_SIZE?',
  ],
  'a name like no other': [
    'INTERVALS_PROXY_ZZZZZZZZ',
    'x',
    'INTERVALS_PROXY_ZZZZZZZZ: unknown variable',
  ],
  'a misspelt name of the file': [
    'INTERVALS_PROXY_CONFG',
    'x',
    'INTERVALS_PROXY_CONFG: unknown variable; did you mean INTERVALS_PROXY_CONFIG?',
  ],
  'a bad number': [
    'INTERVALS_PROXY_PORT',
    '0x50',
    'INTERVALS_PROXY_PORT: expected an integer from 0 to 65535, got "0x50"',
  ],
  'an empty value': [
    'INTERVALS_PROXY_PORT',
    '',
    'INTERVALS_PROXY_PORT: is empty: unset it, or set it to an integer from 0 to 65535',
  ],
  'an empty name of the file': [
    'INTERVALS_PROXY_CONFIG',
    '',
    'INTERVALS_PROXY_CONFIG: is empty: unset it, or set it to the path of a configuration file',
  ],
  'a secret': [
    'INTERVALS_PROXY_ADMIN_TOKEN',
    'hush hush',
    'INTERVALS_PROXY_ADMIN_TOKEN: expected text without spaces, in quotes, got other text',
  ],
  'a secret in a URL of another kind': [
    'INTERVALS_PROXY_REDIS_URL',
    'http://a:hush@b',
    'INTERVALS_PROXY_REDIS_URL: expected a URL of redis, redis+sentinel or redis+cluster (rediss for TLS), got other text',
  ],
}

for (const [name, [variable, value, line]] of Object.entries(cases)) {
  t.test(`says what is wrong with a variable: ${name}`, async (t) => {
    t.strictSame(complaints({ env: { [variable]: value } }), [`environment: ${line}`])
  })
}

t.test('leaves the variables of others alone', async (t) => {
  t.strictSame(complaints({ env: { INTERVALS_TOKEN: '', PATH: '', PORT: 'x' } }), [])
})

t.test('reports file, environment and command line in one go', async (t) => {
  const lines = complaints({
    file: 'c.yaml',
    files: { 'c.yaml': 'log: { level: loud }\nserver: { prt: 1 }' },
    env: { INTERVALS_PROXY_PORT: 'x', INTERVALS_PROXY_UPSTREAM_CA: 'no.pem' },
    flags: { 'server.port': 'y' },
  })
  t.strictSame(
    lines.map((line) => line.split(' ', 2).join(' ')),
    [
      'c.yaml:1:15: log.level:',
      'c.yaml:2:11: server.prt:',
      'environment: INTERVALS_PROXY_PORT:',
      'environment: INTERVALS_PROXY_UPSTREAM_CA:',
      'command line:',
    ],
  )
})

t.test('a setting without a flag cannot come from the command line', async (t) => {
  t.throws(() => complaints({ flags: { 'cache.profile': 'http' } }), { name: 'TypeError' })
})

t.test('a list is separated by commas or spaces', async (t) => {
  for (const value of ['https://a.example,http://b:81', ' https://a.example  http://b:81 ']) {
    const { server } = configFrom({ env: { INTERVALS_PROXY_CORS_ORIGINS: value } })
    t.strictSame(server.cors?.origins, ['https://a.example', 'http://b:81'])
  }
  t.strictSame(complaints({ env: { INTERVALS_PROXY_CORS_ORIGINS: '*' } }), [
    'environment: INTERVALS_PROXY_CORS_ORIGINS: expected a list of exact origins, such as [https://app.example.com], got a list',
  ])
})
