import t from 'tap'
import { buildTestProxy } from '../build.js'
import { problemOf, type Ask } from '../client.js'

const TOKEN = 'the-admin-token'

t.test('with an admin token nothing else opens /-/', async (t) => {
  const { ask, clock } = await buildTestProxy(t, { settings: { server: { adminToken: TOKEN } } })
  const status = (headers: NonNullable<Ask['headers']>) =>
    ask('/-/status', { token: null, headers }).then((answer) => answer.status)
  const refused = [
    '',
    TOKEN,
    'Bearer',
    'Bearer ',
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN}x`,
    `Bearer x${TOKEN}`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN.toUpperCase()}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer "${TOKEN}"`,
    `Bearer\t${TOKEN}`,
    `Bearer ${TOKEN},`,
    `Bearer ${TOKEN}\u00a0`,
    `Bearer ${'x'.repeat(8_000)}`,
    `Basic ${Buffer.from(`${TOKEN}:X`).toString('base64')}`,
  ]
  for (const authorization of refused) {
    // Wrong tokens of one address are limited, which is another test's subject.
    clock.advance(10_000)
    t.equal(await status({ authorization }), 401, JSON.stringify(authorization))
  }
  for (const name of [
    'x-admin-token',
    'proxy-authorization',
    'cookie',
    'x-explain-authorization',
  ]) {
    t.equal(await status({ [name]: `Bearer ${TOKEN}` }), 401, name)
  }
  t.equal(await status({ authorization: `Bearer ${TOKEN}` }), 200)
  t.equal(await status({ authorization: `bearer   ${TOKEN}` }), 200)
  t.equal(await status({ authorization: `Bearer ${TOKEN}`, 'x-forwarded-for': '8.8.8.8' }), 200)
  t.comment(`${refused.length + 4} wrong keys tried, ${refused.length + 4} refused`)
})

t.test('without one, only who sits at this machine and came directly', async (t) => {
  const { ask, port } = await buildTestProxy(t)
  const bad: readonly NonNullable<Ask['headers']>[] = [
    { host: 'evil.example' },
    { host: `localhost.evil.example:${port}` },
    { host: `127.0.0.1.evil.example:${port}` },
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: `https://127.0.0.1:${port}` },
    { 'x-forwarded-for': '8.8.8.8' },
    { 'x-forwarded-for': '127.0.0.1' },
    { 'x-forwarded-host': 'proxy.example' },
    { 'x-real-ip': '8.8.8.8' },
    { forwarded: 'for=8.8.8.8' },
    { via: '1.1 nginx' },
    { 'x-forwarded-proto': 'https' },
    { 'x-forwarded-port': '443' },
    { x_forwarded_for: '8.8.8.8' },
    { 'x-forwarded': 'for=8.8.8.8' },
    { 'cf-connecting-ip': '8.8.8.8' },
    { 'true-client-ip': '8.8.8.8' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
  ]
  for (const headers of bad) {
    for (const [method, path] of [
      ['GET', '/-/status'],
      ['POST', '/-/purge'],
    ] as const) {
      const answer = await ask(path, { method, token: null, headers })
      t.equal(answer.status, 403, JSON.stringify(headers))
      t.equal(problemOf(answer).error.reason, 'ADMIN_FORBIDDEN')
    }
  }
  const own = { origin: `http://127.0.0.1:${port}` }
  const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  const good: readonly NonNullable<Ask['headers']>[] = [
    own,
    { 'sec-fetch-site': 'none', ...navigation },
    { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    { 'sec-fetch-site': 'cross-site', ...navigation },
  ]
  for (const headers of good) {
    t.equal((await ask('/-/status', { token: null, headers })).status, 200, JSON.stringify(headers))
  }
  const linked = { 'sec-fetch-site': 'cross-site', ...navigation }
  const form = await ask('/-/purge', { method: 'POST', token: null, headers: linked })
  t.equal(form.status, 403, 'a form on another site is no link')
  t.comment(`${bad.length * 2} requests tried from elsewhere, ${bad.length * 2} refused`)
})

t.test(
  'wrong admin tokens of one address are logged, and refused with 429 after ten',
  async (t) => {
    const { ask, clock, lines } = await buildTestProxy(t, {
      settings: { server: { adminToken: TOKEN } },
    })
    const guess = (authorization?: string) =>
      ask('/-/status', { token: null, ...(authorization && { headers: { authorization } }) })
    for (let n = 0; n < 20; n++)
      t.equal((await guess()).status, 401, 'without a token it is no guess')
    for (let n = 0; n < 10; n++) t.equal((await guess(`Bearer wrong-${n}`)).status, 401)
    const late = await guess('Bearer wrong-10')
    t.equal(late.status, 429)
    t.ok(Number(late.headers['retry-after']) > 0)
    const warnings = lines.filter((line) => JSON.stringify(line).includes('ADMIN_UNAUTHORIZED'))
    t.equal(warnings.length, 10)
    t.notMatch(JSON.stringify(lines), /wrong-\d/, 'no token in the log')
    t.equal((await guess(`Bearer ${TOKEN}`)).status, 200, 'the right token still works')
    clock.advance(61_000)
    t.equal((await guess('Bearer wrong-11')).status, 401)
  },
)
