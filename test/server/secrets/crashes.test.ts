// Code that fails with an error that carries everything it had in hand, as those of many libraries do.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { openDisk } from '../../../src/cache/index.js'
import { createMemoryRecords } from '../../../src/idempotency/memory-records.js'
import type { KeyRecords } from '../../../src/server/ports/key-records.js'
import { createMemoryJournal, type Journal } from '../../../src/limits/index.js'
import { errorFields } from '../../../src/observability/error-fields.js'
import { loggerOptions } from '../../../src/observability/logger.js'
import type { Tracing } from '../../../src/observability/tracing-port.js'
import { buildTestProxy, testClock, type TestProxyOptions } from '../build.js'
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

/** Fails from the nth call on; `Infinity`: works. */
interface Fuse {
  left: number
}

/** The same port, whose method fails as the fuse says. */
function breakable<Port extends object>(port: Port, method: keyof Port, fuse: Fuse): Port {
  const whole = port[method] as (...given: unknown[]) => unknown
  const failing = (...given: unknown[]): unknown => {
    // No request waits for what a timer or undici's socket does, so no answer could leak there.
    const isOfRequest = !/Timeout|client-h1/u.test(new Error().stack ?? '')
    if (isOfRequest && --fuse.left < 0) throw loadedError()
    return Reflect.apply(whole, port, given)
  }
  return { ...port, [method]: failing }
}

type BrokenPort = readonly [
  name: string,
  broken: (fuse: Fuse, t: Test) => NonNullable<TestProxyOptions['deps']>,
]

const ofDisk =
  (part: 'store' | 'generations', method: string): BrokenPort[1] =>
  (fuse, t) => {
    const directory = mkdtempSync(join(tmpdir(), 'crashes-'))
    t.teardown(() => rmSync(directory, { recursive: true, force: true }))
    const disk = openDisk({
      path: join(directory, 'cache.mdb'),
      origin: 'http://upstream/',
      maxBytes: 10_000_000,
      maxEntryBytes: 1_000_000,
      onError: () => {},
    })
    return { disk: { ...disk, [part]: breakable(disk[part], method as never, fuse) } }
  }

const ofJournal =
  (method: keyof Journal): BrokenPort[1] =>
  (fuse) => ({ journal: breakable(createMemoryJournal(), method, fuse) })

const ofRecords =
  (method: keyof KeyRecords): BrokenPort[1] =>
  (fuse) => ({ idempotency: { records: breakable(createMemoryRecords(), method, fuse) } })

/** Traces nothing. */
const TRACING: Tracing = {
  install: async () => {},
  watch: () => {},
  contextOf: () => undefined,
  waiting: () => () => {},
  traced: (upstream) => upstream,
  close: async () => {},
}

const ofDispatcher =
  (method: 'request' | 'dispatch'): BrokenPort[1] =>
  (fuse) => ({
    tracing: {
      ...TRACING,
      traced: (upstream) => {
        const { dispatcher } = upstream
        const whole = dispatcher[method] as (...given: unknown[]) => unknown
        const failing = (...given: unknown[]): unknown => {
          if (--fuse.left < 0) throw loadedError()
          return Reflect.apply(whole, dispatcher, given)
        }
        Object.assign(dispatcher, { [method]: failing })
        return upstream
      },
    },
  })

const BROKEN: readonly BrokenPort[] = [
  ['disk.store.get', ofDisk('store', 'get')],
  ['disk.store.set', ofDisk('store', 'set')],
  ['disk.generations.save', ofDisk('generations', 'save')],
  ['disk.generations.begin', ofDisk('generations', 'begin')],
  ['disk.generations.end', ofDisk('generations', 'end')],
  ['journal.putSlot', ofJournal('putSlot')],
  ['journal.putDay', ofJournal('putDay')],
  ['records.get', ofRecords('get')],
  ['records.begin', ofRecords('begin')],
  ['records.complete', ofRecords('complete')],
  ['records.usage', ofRecords('usage')],
  ['dispatcher.request', ofDispatcher('request')],
  ['dispatcher.dispatch', ofDispatcher('dispatch')],
  ['tracing.waiting', (fuse) => ({ tracing: breakable(TRACING, 'waiting', fuse) })],
  ['tracing.contextOf', (fuse) => ({ tracing: breakable(TRACING, 'contextOf', fuse) })],
  [
    'isUnderPressure',
    (fuse) => breakable({ isUnderPressure: () => false }, 'isUnderPressure', fuse),
  ],
  ['clock.wallMs', (fuse) => ({ clock: breakable(testClock(), 'wallMs', fuse) })],
  ['clock.monotonicMs', (fuse) => ({ clock: breakable(testClock(), 'monotonicMs', fuse) })],
]

/** So many calls work before one fails. Everything reads the clock, so it breaks everywhere. */
const workingCalls = (name: string): readonly number[] =>
  name.startsWith('clock') ? [0, 1, 2, 3, 5, 8, 13, 21] : [0, 1]

t.test('wherever it breaks, the answer and the log say what, and no secret', async (t) => {
  const met = new Set<string>()
  let lineCount = 0
  for (const [name, broken] of BROKEN) {
    for (const working of workingCalls(name)) {
      const what = `${name} after ${working} calls`
      let log = ''
      const sink = new Writable({
        write(chunk: Buffer, _encoding, done) {
          log += chunk.toString()
          done()
        },
      })
      const fuse: Fuse = { left: Infinity }
      const logger = pino(loggerOptions('trace'), sink)
      const deps = { ...broken(fuse, t), logger } as object
      const proxy = await buildTestProxy(t, { deps })
      fuse.left = working
      const key = { 'idempotency-key': 'k' }
      const asked = [
        await proxy.ask('/client/'),
        await proxy.ask('/timer/'),
        await proxy.ask('/client/1/', { method: 'PUT', body: '{}' }),
        await proxy.ask('/client/1/', { method: 'PUT', body: '{}', headers: key }),
        await proxy.ask('/-/explain?path=/client/', { headers: { 'x-explain-accept': '*/*' } }),
        await proxy.ask('/-/status', { token: null }),
      ]
      fuse.left = Infinity
      for (const { status, text, rawHeaders } of asked) {
        t.strictSame(leaksIn(what, `${rawHeaders.join()}${text}`, SECRETS), [])
        if (status >= 500)
          t.notMatch(text, /broken inside|inner/, `${what}: the cause stays inside`)
      }
      t.strictSame(leaksIn(what, log, SECRETS), [])
      if (log.includes('broken inside') && log.includes('"code":"E_IN"')) met.add(name)
      lineCount += log.trim().split('\n').length
      t.equal((await proxy.ask('/-/livez', { token: null })).status, 200, `${what}: it goes on`)
      await proxy.app.close()
    }
  }
  const unmet = BROKEN.map(([name]) => name).filter((name) => !met.has(name))
  t.ok(
    met.size > BROKEN.length / 2,
    `${met.size} logged with the cause, all but ${unmet.join(', ')}`,
  )
  t.comment(`${BROKEN.length} ports broken, ${met.size} logged, ${lineCount} lines, no secret`)
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

t.test('an error of a handler is answered with its code', async (t) => {
  let isBroken = false
  const isUnderPressure = (): boolean => {
    if (isBroken) throw loadedError()
    return false
  }
  const proxy = await buildTestProxy(t, { deps: { isUnderPressure } })
  isBroken = true
  const answer = await proxy.ask('/client/')
  t.equal(answer.status, 500)
  t.match(problemOf(answer).error, { reason: 'INTERNAL' })
})
