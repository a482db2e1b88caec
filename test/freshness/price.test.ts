import fc from 'fast-check'
import t from 'tap'
import { MAX_PRICE_SECONDS, newPrice, nextPrice } from '../../src/freshness/price.js'
import type { Minute, Price } from '../../src/freshness/price.js'

const MINUTE: Minute = {
  nowMs: 0,
  left: 1_000,
  mandatory: 400,
  reads: 6_000,
  readsNextMinute: 10,
  callsByAge: 1,
  callsAtTtl: 1,
  readsOfMinute: 10,
  floorSeconds: 1,
}

function after(minutes: number, minute: Partial<Minute>, from: Price = newPrice(1)): Price {
  let price = from
  for (let n = 0; n < minutes; n++) price = nextPrice(price, { ...MINUTE, nowMs: n, ...minute })
  return price
}

void t.test(
  'the price rises while more is spent than can be spared, and falls again',
  async (t) => {
    const dear = after(300, { callsByAge: 5 })
    t.ok(dear.seconds > 10, `${dear.seconds}`)
    const cheap = after(600, { callsByAge: 0 }, dear)
    t.equal(cheap.seconds, 1, 'down to the floor')
    t.equal(after(10, { floorSeconds: 10 }).seconds, 10)
  },
)

void t.test(
  'entries are stretched when their ttl costs more than is left, with slack on the way back',
  async (t) => {
    // A call for ten reads: 600 for the rest of the day, where 0.98 x 1000 - 400 = 580 can be spared.
    const short = after(600, { callsAtTtl: 1, nowMs: 42 })
    t.ok(short.isShort)
    t.equal(short.shortSinceMs, 42)
    t.ok(after(1, { left: 1_050 }, short).isShort, '629 is not 10 % more than 600')
    const long = after(1, { left: 1_100 }, short)
    t.notOk(long.isShort)
    t.equal(long.shortSinceMs, undefined)
    t.ok(after(1, { left: 400 }).isShort, 'mandatory calls alone are too many')
  },
)

void t.test('finite and bounded for any minutes', async () => {
  const any = fc.double({ noNaN: false })
  const minute = fc.record({
    nowMs: any,
    left: any,
    mandatory: any,
    reads: any,
    readsNextMinute: any,
    callsByAge: any,
    callsAtTtl: any,
    readsOfMinute: any,
    floorSeconds: fc.constantFrom(1, 10),
  })
  fc.assert(
    fc.property(fc.array(minute, { maxLength: 40 }), (minutes) => {
      let price = newPrice(1)
      for (const one of minutes) price = nextPrice(price, one)
      const { seconds } = price
      return seconds >= 1 && seconds <= MAX_PRICE_SECONDS
    }),
  )
})
