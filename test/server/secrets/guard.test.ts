import t from 'tap'
import { buildTestProxy } from '../build.js'
import { problemOf, type Ask } from '../client.js'

const TOKEN = 'the-admin-token'

t.test('with an admin token nothing else opens /-/', async (t) => {
  const { ask } = await buildTestProxy(t, { settings: { server: { adminToken: TOKEN } } })
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
  t.equal((await ask('/-/status', { token: null, headers: own })).status, 200)
  t.comment(`${bad.length * 2} requests tried from elsewhere, ${bad.length * 2} refused`)
})
