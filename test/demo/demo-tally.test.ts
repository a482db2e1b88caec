import t from 'tap'
import { complaintsAbout, type Tally } from '../../src/demo/demo-tally.js'
import { bars } from '../../src/demo/print.js'

const GOOD: Tally = {
  asked: 10,
  byFate: { hit: 5, joined: 1, sent: 3, refused: 1 },
  arrived: 4,
  own: 1,
  savedPercent: 67,
  maxInAnyWindow: 4,
  refusedUpstream: 0,
}

t.test('what does not add up is said', async (t) => {
  t.strictSame(complaintsAbout(GOOD, 4), [])
  t.equal(complaintsAbout({ ...GOOD, arrived: 5 }, 4).length, 1, 'more arrived than were sent')
  t.equal(complaintsAbout(GOOD, 3).length, 1, 'more in a window than the limit')
  t.equal(complaintsAbout({ ...GOOD, refusedUpstream: 1 }, 4).length, 1, 'refused by Intervals')
})

t.test('bars count every value once, gaps included', async (t) => {
  t.strictSame(bars([0, 999, 2_000]), ['0 to 1 s  ## 2', '1 to 2 s   0', '2 to 3 s  # 1'])
  t.strictSame(bars([]), [])
})
