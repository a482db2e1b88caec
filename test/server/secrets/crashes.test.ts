// Code that fails with an error that carries everything it had in hand, as those of many libraries do.

import { Writable } from 'node:stream'
import { pino } from 'pino'
import t from 'tap'
import { errorFields } from '../../../src/observability/error-fields.js'
import { loggerOptions } from '../../../src/observability/logger.js'
import type { Services } from '../../../src/server/services.js'
import { buildTestProxy } from '../build.js'
import { basic, problemOf } from '../client.js'
import { leaksIn } from './leaks.js'

const TOKEN = 'agencyadm01'
const SECRETS = [TOKEN, basic(TOKEN), 'agencyadm02']

/** Sensible messages only: what a message says is the business of whoever throws. */
function loadedError(): Error {
  const headers = { authorization: basic(TOKEN), 'x-explain-authorization': basic('agencyadm02') }
  const raw = Buffer.from(`GET / HTTP/1.1\r\nauthorization: ${basic(TOKEN)}\r\n`)
  const request = { headers, rawHeaders: Object.entries(headers).flat(), raw }
  const inner = Object.assign(new Error('inner'), {
    rawPacket: raw,
    options: request,
    code: 'E_IN',
  })
  const many = new AggregateError([Object.assign(new Error('one of many'), { headers })], 'many')
  return Object.assign(new Error('broken inside', { cause: inner }), {
    headers,
    request,
    req: request,
    response: { config: request },
    authorization: headers.authorization,
    context: [request],
    many,
  })
}

/** What it returns makes it whole again. */
type Broken = readonly [name: string, sabotage: (services: Services) => (() => void) | undefined]

const broken = <Key extends keyof Services>(part: Key, method: keyof Services[Key]): Broken => [
  `${part}.${String(method)}`,
  (services) => {
    const owner = services[part] as object
    const whole: unknown = Reflect.get(owner, method)
    const isOurs = (): boolean => new Error().stack?.includes('Timeout') !== true
    const failing = (...given: unknown[]): unknown => {
      // Nobody asked for what a timer does, so there is nobody to whom it could leak.
      if (isOurs()) throw loadedError()
      return Reflect.apply(whole as () => unknown, owner, given)
    }
    Object.assign(owner, { [method]: failing })
    return () => Object.assign(owner, { [method]: whole })
  },
]

const SABOTAGE: readonly Broken[] = [
  broken('principals', 'of'),
  broken('store', 'get'),
  broken('store', 'set'),
  broken('generations', 'isCurrent'),
  broken('queue', 'admit'),
  broken('quota', 'offer'),
  broken('quota', 'accepted'),
  broken('gate', 'closedForMs'),
  broken('flights', 'join'),
  broken('writes', 'begin'),
  broken('ledger', 'usage'),
  [
    'upstream.dispatcher.request',
    ({ upstream }) => void Object.assign(upstream.dispatcher, { request: fail }),
  ],
  [
    'upstream.dispatcher.dispatch',
    ({ upstream }) => void Object.assign(upstream.dispatcher, { dispatch: fail }),
  ],
]

function fail(): never {
  throw loadedError()
}

t.test('wherever it breaks, the answer and the log say what, and no secret', async (t) => {
  let [met, lineCount] = [0, 0]
  for (const [name, sabotage] of SABOTAGE) {
    let log = ''
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        log += chunk.toString()
        done()
      },
    })
    const logger = pino(loggerOptions('trace'), sink)
    const proxy = await buildTestProxy(t, { deps: { logger } as object })
    const mend = sabotage(proxy.app.services)
    const asked = [
      await proxy.ask('/client/'),
      await proxy.ask('/timer/'),
      await proxy.ask('/client/1/', { method: 'PUT', body: '{}' }),
      await proxy.ask('/-/explain?path=/client/', { headers: { 'x-explain-accept': '*/*' } }),
      await proxy.ask('/-/status', { token: null }),
    ]
    for (const { status, text, rawHeaders } of asked) {
      t.strictSame(leaksIn(name, `${rawHeaders.join()}${text}`, SECRETS), [])
      if (status >= 500) t.notMatch(text, /broken inside|inner/, `${name}: the cause stays inside`)
    }
    t.strictSame(leaksIn(name, log, SECRETS), [])
    if (log.includes('broken inside') && log.includes('"code":"E_IN"')) met++
    lineCount += log.trim().split('\n').length
    mend?.()
    t.equal((await proxy.ask('/-/livez', { token: null })).status, 200, `${name}: it goes on`)
  }
  t.ok(met > SABOTAGE.length / 2, `${met} of ${SABOTAGE.length} were met and logged with the cause`)
  t.comment(`${SABOTAGE.length} parts broken, ${met} logged, ${lineCount} lines, no secret`)
})

t.test('of an error the log takes named fields, and not without end', async (t) => {
  let error = new Error('at the bottom')
  for (let depth = 0; depth < 20; depth++) error = new Error('above', { cause: error })
  t.notMatch(JSON.stringify(errorFields(error)), 'at the bottom')
  const loop = new Error('a loop')
  loop.cause = loop
  t.ok(JSON.stringify(errorFields(loop)).length < 20_000)
  const crowd = new AggregateError(
    Array.from({ length: 1_000 }, () => new Error('one')),
    'crowd',
  )
  t.equal(errorFields(crowd).errors?.length, 4)
  t.strictSame(errorFields('a token, thrown as it is'), { type: 'string', message: 'not an Error' })
  t.match(errorFields(loadedError()), { type: 'Error', cause: { code: 'E_IN' } })
  t.strictSame(leaksIn('fields', JSON.stringify(errorFields(loadedError())), SECRETS), [])
})

t.test('an error of a handler is told with its code', async (t) => {
  const proxy = await buildTestProxy(t)
  Object.assign(proxy.app.services.principals, { of: fail })
  const answer = await proxy.ask('/client/')
  t.equal(answer.status, 500)
  t.match(problemOf(answer).error, { reason: 'INTERNAL' })
})
