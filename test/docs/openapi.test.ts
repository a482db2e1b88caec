/** config/openapi.json is what the routes say, keeps the rules of its format, and tells the truth. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import Schema from 'typebox/schema'
import { openApiDocument } from '../../scripts/openapi.js'
import { buildTestProxy, type TestProxy, type TestProxyOptions } from '../server/build.js'
import type { Ask } from '../server/client.js'
import { readPage } from './page.js'

type Json = Readonly<Record<string, unknown>>

interface Operation {
  readonly operationId: string
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: Json }>> }>
  >
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: { readonly Problem: Json } }
}

const written = readPage('config/openapi.json')
const document = JSON.parse(written) as Document

t.test('it is up to date (npm run generate)', async (t) => {
  t.equal(written, await openApiDocument())
})

t.test('the linter finds nothing', async (t) => {
  const config = await createConfig({
    extends: ['recommended-strict'],
    // The health checks are open to everybody and take nothing that could be wrong.
    rules: { 'operation-4xx-response': 'off' },
  })
  const found = await lintFromString({ source: written, absoluteRef: 'openapi.json', config })
  t.strictSame(
    found.map(({ message, location }) => `${message} ${location[0]?.pointer}`),
    [],
  )
  const broken = written.replace('"operationId": "purge"', '"operationId": "pause"')
  t.not((await lintFromString({ source: broken, absoluteRef: 'openapi.json', config })).length, 0)
})

/** What each page was asked for by the tests below. */
const asked = new Set<string>()

/** Asks as the document says, and compares the answer with it. */
function checked(t: Test, { ask }: TestProxy) {
  return async (method: 'GET' | 'POST', path: string, request: Ask = {}): Promise<Json> => {
    const name = path.split('?', 1)[0] ?? ''
    const operation = document.paths[name]?.[method.toLowerCase()]
    if (operation === undefined) throw new Error(`${method} ${name} is not in the document`)
    const headers = { accept: 'application/json', ...request.headers }
    const answer = await ask(path, { token: null, ...request, method, headers })
    const type = String(answer.headers['content-type']).split(';', 1)[0] ?? ''
    const media = operation.responses[answer.status]?.content[type]
    t.ok(media, `${name} may answer ${answer.status} in ${type}`)
    asked.add(`${operation.operationId} ${answer.status}`)
    const isProblem = media?.schema['$ref'] === '#/components/schemas/Problem'
    const schema = isProblem ? document.components.schemas.Problem : (media?.schema ?? {})
    const value: unknown = type === 'application/json' ? JSON.parse(answer.text) : answer.text
    const [matches, errors] = Schema.Errors(schema, value)
    t.ok(matches, `${method} ${path}: ${JSON.stringify(errors).slice(0, 500)}`)
    return value as Json
  }
}

const post = (body: object): Ask => ({
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
})

t.test('answers are as it says', async (t) => {
  const proxy = await buildTestProxy(t, {
    settings: { limits: { day: { max: 'auto' }, queue: { maxWait: '5s' } } },
  })
  const page = checked(t, proxy)
  for (const path of ['/-/livez', '/-/readyz', '/-/status', '/-/metrics', '/-/spending']) {
    await page('GET', path)
  }
  const explain = (path: string): Promise<Json> =>
    page('GET', `/-/explain?path=${encodeURIComponent(path)}`, { token: 'agencyadm01' })
  t.match(await explain('/client/'), { answer: 'fetched' })
  await proxy.ask('/client/')
  t.match(await explain('/client/'), { answer: 'hit' })
  t.match(await page('GET', '/-/explain'), { error: { message: /^say which/ } })
  t.match(await page('GET', '/-/explain?path=/a/&path=/b/'), { error: { message: /^say which/ } })
  proxy.clock.advance(660_000)
  t.match(await explain('/client/'), { answer: 'fetched', why: 'stale' })
  t.match(await explain('/timer/'), { answer: 'forwarded' })
  t.match(await explain('/client//1'), { answer: 'refused' })
  for (const by of ['consumer', 'resource', 'hour']) await page('GET', `/-/spending?by=${by}`)
  await page('GET', '/-/spending?by=day')
  await page('POST', '/-/pause', post({ detail: 'for the test' }))
  await page('POST', '/-/pause', post({ scope: 'nobody' }))
  t.match(await page('GET', '/-/status'), { pauses: [{ detail: 'for the test' }] })
  await page('GET', '/-/readyz')
  await page('POST', '/-/resume', post({ scope: 'nobody' }))
  t.match(await page('POST', '/-/resume'), { resumed: ['window'] })
  proxy.sim.setFaults([{ kind: 'status', status: 400, apiCode: 12 }])
  await proxy.ask('/project/')
  t.match(await page('GET', '/-/status'), { pauses: [{ untilResumed: false }] })
  t.match(await page('POST', '/-/purge', post({ resource: 'client' })), { purged: 1 })
  await page('POST', '/-/purge', post({ resorce: 'client' }))
  await page('GET', '/-/status', { headers: { host: 'elsewhere.example' } })
})

t.test('with consumers, accounts and an admin token', async (t) => {
  const settings: TestProxyOptions['settings'] = {
    server: { adminToken: 'open-sesame' },
    accounts: { acme: { plan: 300 } },
    consumers: {
      timesheet: {
        key: 'sha256:136cf9d878e45dd4425c87f96696858402215b2ee17ffd866061265dcc6fe73d',
        credential: 'env:ACME_TOKEN',
        account: 'acme',
        share: { day: '20%' },
      },
    },
    secrets: { ACME_TOKEN: 'agencyadm01' },
  }
  const page = checked(t, await buildTestProxy(t, { settings }))
  const headers = { authorization: 'Bearer open-sesame' }
  t.match(await page('GET', '/-/status', { headers }), { consumers: [{ consumer: 'timesheet' }] })
  await page('GET', '/-/explain?path=/client/', { headers })
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      if (!('401' in responses)) continue
      const answer = await page(method === 'get' ? 'GET' : 'POST', path)
      t.match(answer, { error: { reason: 'ADMIN_UNAUTHORIZED' } })
    }
  }
})

t.test('in the profile http', async (t) => {
  const proxy = await buildTestProxy(t, { settings: { cache: { profile: 'http' } } })
  const page = checked(t, proxy)
  await page('GET', '/-/status')
  t.match(await page('GET', '/-/explain?path=/client/'), { profile: 'http' })
  await page('POST', '/-/purge', post({ path: '/client/' }))
})

t.test('every page was asked, and answered', async (t) => {
  const pages = Object.values(document.paths).flatMap((path) => Object.values(path))
  const missing = pages.filter(({ operationId }) => !asked.has(`${operationId} 200`))
  t.strictSame(missing, [])
})

t.test('what a schema forgets is not lost', async (t) => {
  let whole: unknown
  const onMade = (message: unknown): void => {
    const { fastify } = message as { readonly fastify: FastifyInstance }
    fastify.addHook('preSerialization', async (_request, _reply, payload) => (whole = payload))
  }
  subscribe('fastify.initialization', onMade)
  t.teardown(() => unsubscribe('fastify.initialization', onMade))
  const proxy = await buildTestProxy(t)
  // A consumer, a day and a pause, so that their fields are compared too.
  await proxy.ask('/client/')
  await proxy.pause({ detail: 'for the test' })
  const { text } = await proxy.ask('/-/status', { token: null })
  const shape = (value: unknown) => JSON.stringify(value).replaceAll(/[\d.]+|"20[^"]+"/gu, '0')
  t.equal(shape(JSON.parse(text)), shape(whole))
})
