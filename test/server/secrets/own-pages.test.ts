import Fastify from 'fastify'
import t from 'tap'
import { ownPageHeaders } from '../../../src/server/admin/own-page-headers.js'
import { buildTestProxy } from '../build.js'
import { sendRaw } from '../client.js'

const EXPECTED = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

t.test('every page of ours is closed to browsers, errors there included', async (t) => {
  const open = await buildTestProxy(t)
  const guarded = await buildTestProxy(t, { settings: { server: { adminToken: 'one' } } })
  const pages = [
    ['GET', '/-/livez', 200],
    ['GET', '/-/readyz', 200],
    ['GET', '/-/status', 200],
    ['GET', '/-/metrics', 200],
    ['GET', '/-/explain?path=/client/', 200],
    ['GET', '/-/explain', 400],
    ['GET', '/-/nothing', 404],
    ['GET', '/-/<script>alert(1)</script>', 404],
    ['POST', '/-/purge', 200],
    ['POST', '/-/resume', 200],
    ['DELETE', '/-/purge', 404],
  ] as const
  for (const [method, path, status] of pages) {
    const answer = await open.ask(path, { method, token: null })
    t.equal(answer.status, status, `${method} ${path}`)
    t.match(answer.headers, EXPECTED, `${method} ${path}`)
    t.notMatch(answer.text, '<script>')
  }
  const unauthorized = await guarded.ask('/-/status', { token: null })
  t.equal(unauthorized.status, 401)
  t.match(unauthorized.headers, EXPECTED)
  const forbidden = await sendRaw(
    open.port,
    'GET /-/status HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n',
  )
  t.match(forbidden, /^HTTP\/1\.1 403/)
  for (const name of Object.keys(EXPECTED)) t.match(forbidden.toLowerCase(), `${name}: `)
  t.comment(`${pages.length + 2} pages and errors, ${Object.keys(EXPECTED).length} headers each`)
})

t.test('proxied answers keep what the upstream sent, and get none of these', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  const names = Object.keys(EXPECTED)
  const missing = await ask('/nosuchthing/')
  const answers = [
    await ask('/client/'),
    await ask('/client/'),
    await ask('/timer/'),
    await ask('/client/1/', { method: 'PUT', body: '{}' }),
    missing,
    await ask('/client//1/'),
  ]
  sim.setFaults([{ kind: 'reset' }])
  answers.push(await ask('/project/'))
  for (const { headers, status } of answers) {
    t.strictSame(
      names.filter((name) => name in headers && name !== 'cache-control'),
      [],
      `status ${status}`,
    )
  }
})

t.test('a page that needs more says so itself', async (t) => {
  const app = Fastify()
  app.addHook('onSend', ownPageHeaders)
  app.get('/', async (_request, reply) => {
    reply.header('content-security-policy', "script-src 'self'")
    return 'x'
  })
  const { headers } = await app.inject('/')
  t.match(headers, { ...EXPECTED, 'content-security-policy': "script-src 'self'" })
})
