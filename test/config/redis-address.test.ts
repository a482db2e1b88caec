import t from 'tap'
import {
  describeRedis,
  parseRedisAddress,
  RedisAddressError,
} from '../../src/config/redis-address.js'
import { slotOf } from '../../src/redis/connection/slot.js'

const NOBODY = { username: undefined, password: undefined }

t.test('one server', async (t) => {
  t.strictSame(parseRedisAddress('redis://redis'), {
    kind: 'server',
    ...NOBODY,
    isTls: false,
    database: 0,
    server: { host: 'redis', port: 6379 },
  })
  t.match(parseRedisAddress('rediss://me:p%40ss%3Aword@[fd00::1]:7000/3'), {
    isTls: true,
    database: 3,
    username: 'me',
    password: 'p@ss:word',
    server: { host: 'fd00::1', port: 7000 },
  })
  t.match(parseRedisAddress('redis://:only@h/'), { username: undefined, password: 'only' })
})

t.test('sentinels', async (t) => {
  t.strictSame(
    parseRedisAddress(
      'redis+sentinel://u:p@s1,s2:26380/main/2?sentinel-user=watch&sentinel-password=w%26w',
    ),
    {
      kind: 'sentinel',
      username: 'u',
      password: 'p',
      isTls: false,
      database: 2,
      sentinels: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 26_380 },
      ],
      masterName: 'main',
      ofSentinels: { username: 'watch', password: 'w&w' },
    },
  )
})

t.test('a cluster', async (t) => {
  t.match(parseRedisAddress('rediss+cluster://a:1,b,c:3'), {
    kind: 'cluster',
    isTls: true,
    nodes: [
      { host: 'a', port: 1 },
      { host: 'b', port: 6379 },
      { host: 'c', port: 3 },
    ],
  })
})

t.test('what is wrong is said, what to write instead, and no password', async (t) => {
  const wrong: Readonly<Record<string, RegExp>> = {
    'http://secret@h/': /redis:\/\/HOST/,
    'redis://u:secret@a,b/': /several servers.*redis\+sentinel/,
    'redis+sentinel://u:secret@a,b': /name the master.*mymaster/,
    'redis+sentinel://u:secret@a/main?user=x': /parameter besides sentinel-user/,
    'redis+cluster://u:secret@a/2': /only one/,
    'redis://u:secret@a:70000/': /host and a port/,
    'redis://u:secret@/': /host and a port/,
    'redis://u:secret@a/zero': /number of a database/,
    'redis://u:%zz@a/': /%25/,
  }
  for (const [text, message] of Object.entries(wrong)) {
    const error = problemOf(text)
    t.match(error?.message, message, text)
    t.notMatch(error?.message, /secret/, 'without the password')
  }
})

t.test('any password comes through, and none is repeated where it does not', async (t) => {
  const specials = ' !"#$%&\'()*+,-./:;<=>?@[]^_`{|}~é€'.split('')
  for (const special of specials) {
    const password = `sec${special}ret`
    const login = `me:${encodeURIComponent(password)}`
    for (const rest of ['redis://@h', 'redis+sentinel://@h,i/main', 'redis+cluster://@h,i']) {
      t.match(parseRedisAddress(rest.replace('@', `${login}@`)), { username: 'me', password })
      const raw = rest.replace('@', () => `me:${password}@`)
      t.notMatch(problemOf(raw)?.message, /ret/, raw)
    }
    const query = `redis+sentinel://h/main?sentinel-password=${encodeURIComponent(password)}`
    t.match(parseRedisAddress(query), { ofSentinels: { password } })
  }
  t.notMatch(problemOf('redis://me:secret')?.message, /secret/, 'without a host')
})

function problemOf(text: string): RedisAddressError | undefined {
  try {
    parseRedisAddress(text)
    return undefined
  } catch (error) {
    if (error instanceof RedisAddressError) return error
    throw error
  }
}

t.test('people are shown where it is, and no secret', async (t) => {
  const shown = (text: string): string => describeRedis(parseRedisAddress(text))
  t.equal(shown('redis://u:secret@h:1/2'), 'h:1')
  t.equal(
    shown('redis+sentinel://u:secret@a,b/main?sentinel-password=secret'),
    'main of the sentinels a:26379, b:26379',
  )
  t.equal(shown('redis+cluster://u:secret@[::1]:1,b'), 'cluster of [::1]:1, b:6379')
})

t.test('the hash slot is that of the specification', async (t) => {
  t.equal(slotOf('123456789'), 12_739)
  t.equal(slotOf('foo{bar}zap'), slotOf('bar'))
  t.equal(slotOf('foo{}{bar}'), 8363, 'nothing in the first braces: all of it counts')
  t.equal(slotOf('{user1000}.following'), slotOf('{user1000}.followers'))
  t.equal(slotOf('foo{{bar}}zap'), slotOf('{bar'))
})
