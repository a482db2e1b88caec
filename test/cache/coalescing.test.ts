import t from 'tap'
import { createFlights, type Flights, type JoinRequest } from '../../src/cache/index.js'
import { createCalls } from './calls.js'

const GENERATION = 1

function join(
  flights: Flights<string>,
  start: JoinRequest<string>['start'],
  fields: Partial<JoinRequest<string>> = {},
) {
  return flights.join({ key: 'key', generation: GENERATION, start, ...fields })
}

t.test('equal requests in flight are one call', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const joined = Array.from({ length: 50 }, () => join(flights, calls.start))
  await calls.count(1)
  t.equal(flights.size(), 1)
  calls.resolve(0, 'answer')
  const results = await Promise.all(joined)
  t.same(
    results.map((result) => result.kind === 'settled' && result.led),
    [true, ...Array.from({ length: 49 }, () => false)],
    'the first led',
  )
  t.ok(results.every((result) => result.kind === 'settled' && result.value === 'answer'))
  t.equal(calls.started(), 1)
  t.equal(flights.size(), 0)
})

t.test('different keys are different calls', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const joined = ['a', '__proto__', 'A'].map((key) => join(flights, calls.start, { key }))
  await calls.count(3)
  for (const i of [0, 1, 2]) calls.resolve(i, `${i}`)
  t.same(
    (await Promise.all(joined)).map((result) => result.kind === 'settled' && result.value),
    ['0', '1', '2'],
  )
})

t.test('a landed flight is not joined', async (t) => {
  const flights = createFlights<string>()
  t.match(await join(flights, async () => 'one'), { led: true, value: 'one' })
  t.match(await join(flights, async () => 'two'), { led: true, value: 'two' })
})

t.test('a failure is everybody’s, and the next to ask starts anew', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const failure = new Error('upstream is down')
  const joined = Array.from({ length: 10 }, async () => {
    try {
      await join(flights, calls.start)
    } catch (error) {
      // Who asks again the moment he hears of it meets no remains of the failed flight.
      return { error, sizeSeen: flights.size() }
    }
    return undefined
  })
  await calls.count(1)
  calls.reject(0, failure)
  for (const result of await Promise.all(joined)) t.same(result, { error: failure, sizeSeen: 0 })
  t.equal(calls.started(), 1, 'nobody repeated it')
  t.match(await join(flights, async () => 'up again'), { led: true })
})

t.test('what start throws at once is a failure like any other', async (t) => {
  const flights = createFlights<string>()
  const start = (): Promise<string> => {
    throw new Error('at once')
  }
  const joined = [join(flights, start), join(flights, start)]
  for (const result of await Promise.allSettled(joined)) {
    t.match(result, { status: 'rejected', reason: { message: 'at once' } })
  }
  t.equal(flights.size(), 0)
})

t.test('a flight sent before a write is not joined after it', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const before = join(flights, calls.start, { generation: 1 })
  await calls.count(1)
  calls.send(0, 1)
  const after = join(flights, calls.start, { generation: 2 })
  await calls.count(2)
  calls.send(1, 2)
  t.notOk(flights.isCurrent('key', 1))
  t.ok(flights.isCurrent('key', 2))

  calls.resolve(0, 'old')
  t.match(await before, { led: true, value: 'old' })
  t.ok(flights.isCurrent('key', 2), 'the older flight has not cleared the newer one')
  const late = join(flights, calls.start, { generation: 2 })
  const slow = join(flights, calls.start, { generation: 1 })
  calls.resolve(1, 'new')
  t.match(await after, { led: true, value: 'new' })
  t.match(await late, { led: false, value: 'new' })
  t.match(await slow, { led: false, value: 'new' }, 'a newer answer is good for an older reader')
  t.equal(calls.started(), 2)
})

t.test('one that waits to be sent is joined whatever has been written', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const joined = [1, 2, 3].map((generation) => join(flights, calls.start, { generation }))
  await calls.count(1)
  t.ok(flights.isCurrent('key', 3))
  calls.send(0, 3)
  calls.resolve(0, 'new')
  for (const waiting of joined) t.match(await waiting, { value: 'new' })
  t.equal(calls.started(), 1)
})

t.test('one that is sent again sees what was written meanwhile', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const first = join(flights, calls.start, { generation: 1 })
  await calls.count(1)
  calls.send(0, 1)
  calls.send(0, 2)
  const second = join(flights, calls.start, { generation: 2 })
  calls.resolve(0, 'new')
  t.match(await first, { led: true, value: 'new' })
  t.match(await second, { led: false, value: 'new' })
})

t.test('one who goes does not end the flight of the others, even the first', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const gone = new AbortController()
  const first = join(flights, calls.start, { signal: gone.signal })
  const second = join(flights, calls.start, { signal: new AbortController().signal })
  await calls.count(1)
  gone.abort(new Error('client gone'))
  await t.rejects(first, { message: 'client gone' })
  t.notOk(calls.signal(0).aborted)
  calls.resolve(0, 'answer')
  t.match(await second, { value: 'answer' })
})

t.test('when all go before it is sent it is called off, and not joined any more', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const gone = new AbortController()
  const joined = [1, 2].map(() => join(flights, calls.start, { signal: gone.signal }))
  await calls.count(1)
  gone.abort(new Error('client gone'))
  const later = join(flights, calls.start)
  for (const waiting of joined) await t.rejects(waiting, { message: 'client gone' })
  t.ok(calls.signal(0).aborted)
  await calls.count(2)
  calls.resolve(1, 'answer')
  t.match(await later, { led: true, value: 'answer' })
  t.equal(flights.size(), 0)
})

t.test('once it is sent it goes on, for it is paid for', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const gone = new AbortController()
  const first = join(flights, calls.start, { signal: gone.signal })
  await calls.count(1)
  calls.send(0, GENERATION)
  gone.abort(new Error('client gone'))
  await t.rejects(first, { message: 'client gone' })
  t.notOk(calls.signal(0).aborted)
  const later = join(flights, calls.start)
  calls.resolve(0, 'answer')
  t.match(await later, { led: false, value: 'answer' })
})

t.test('nobody has to be there to see it fail', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const gone = new AbortController()
  const only = join(flights, calls.start, { signal: gone.signal })
  await calls.count(1)
  calls.send(0, GENERATION)
  gone.abort(new Error('client gone'))
  await t.rejects(only, { message: 'client gone' })
  calls.reject(0, new Error('unseen'))
  await calls.settled(0)
  t.equal(flights.size(), 0)
})

t.test('one who has gone before he asked starts nothing', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const signal = AbortSignal.abort(new Error('client gone'))
  await t.rejects(join(flights, calls.start, { signal }), { message: 'client gone' })
  t.equal(calls.started(), 0)
})

t.test('if all go before the call is made, it is not made', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const gone = new AbortController()
  const only = join(flights, calls.start, { signal: gone.signal })
  gone.abort(new Error('client gone'))
  await t.rejects(only, { message: 'client gone' })
  t.equal(calls.started(), 0)
})

t.test('a full flight takes nobody, and a full sky no further flight', async (t) => {
  const flights = createFlights<string>({ maxFlights: 2, maxWaiters: 2 })
  const calls = createCalls()
  const joined = [join(flights, calls.start), join(flights, calls.start)]
  t.same(await join(flights, calls.start), { kind: 'full' }, 'two wait for it already')
  await calls.count(1)
  calls.send(0, GENERATION)
  joined.push(join(flights, calls.start, { key: 'other' }))
  t.same(await join(flights, calls.start, { key: 'third' }), { kind: 'full' })
  t.same(await join(flights, calls.start, { generation: 2 }), { kind: 'full' })
  joined.push(join(flights, calls.start, { key: 'other' }))
  await calls.count(2)
  for (const i of [0, 1]) calls.resolve(i, 'answer')
  for (const waiting of joined) t.match(await waiting, { kind: 'settled' })
  t.equal(calls.started(), 2)
  t.match(await join(flights, async () => 'place again'), { kind: 'settled' })
})

t.test('closing ends every wait, deaf callee or not, and takes no more', async (t) => {
  const flights = createFlights<string>()
  const calls = createCalls()
  const joined = [join(flights, calls.start)]
  await calls.count(1)
  calls.send(0, 1)
  const { signal } = new AbortController()
  joined.push(join(flights, calls.start, { generation: 2, signal }))
  await calls.count(2)
  flights.close(new Error('stopping'))
  for (const waiting of joined) await t.rejects(waiting, { message: 'stopping' })
  t.ok(calls.signal(0).aborted)
  t.ok(calls.signal(1).aborted)
  t.equal(flights.size(), 0)
  await t.rejects(join(flights, calls.start), { message: 'stopping' })
})
