import * as fc from 'fast-check'
import t from 'tap'
import {
  formatDuration,
  formatSize,
  parseDuration,
  parseSize,
  withKnownUnit,
} from '../../src/config/units.js'

t.test('reads durations', async (t) => {
  const cases = {
    '500ms': 500,
    '30s': 30_000,
    '15m': 900_000,
    '24h': 86_400_000,
    '7d': 604_800_000,
    '1.5m': 90_000,
    '1.001s': 1001,
    '0s': 0,
  }
  for (const [text, value] of Object.entries(cases)) t.equal(parseDuration(text), value, text)
})

t.test('reads sizes', async (t) => {
  const cases = {
    '64KiB': 65_536,
    '256MiB': 2 ** 28,
    '1GiB': 2 ** 30,
    '1.5KiB': 1536,
    '7B': 7,
    '7': 7,
  }
  for (const [text, value] of Object.entries(cases)) t.equal(parseSize(text), value, text)
})

t.test('what is read can be written and read again, up to 2^53', async (t) => {
  for (const text of ['16666666671.51m', '9007199254740991ms', '104249991d']) {
    const found = parseDuration(text)
    t.type(found, 'number', text)
    if (found !== undefined) t.equal(parseDuration(formatDuration(found)), found, text)
  }
  for (const text of ['8191.5TiB', '9007199254740991B']) {
    const found = parseSize(text)
    t.type(found, 'number', text)
    if (found !== undefined) t.equal(parseSize(formatSize(found)), found, text)
  }
  for (const text of ['9007199254740992ms', '9999999999999999ms', '104249992d'])
    t.equal(parseDuration(text), undefined, text)
  for (const text of ['9007199254740992B', '8191.001TiB']) t.equal(parseSize(text), undefined, text)
})

t.test('guesses nothing', async (t) => {
  for (const text of [
    '',
    '30',
    's',
    '-1s',
    '1 s',
    '1S',
    '1e3s',
    '1.s',
    '.5s',
    '1s30',
    '0.5ms',
    '1,5s',
  ]) {
    t.equal(parseDuration(text), undefined, text)
  }
  for (const text of [
    '',
    'KiB',
    '-1',
    '1 KiB',
    '1kb',
    '1MB',
    '1kib',
    '0.5B',
    '0x10',
    '9999999TiB',
  ]) {
    t.equal(parseSize(text), undefined, text)
  }
})

t.test('reads back everything it writes', async (t) => {
  const amounts = fc.nat({ max: Number.MAX_SAFE_INTEGER }).filter((value) => value < 1e15)
  const round = fc.tuple(
    fc.nat({ max: 1000 }),
    fc.constantFrom(1, 1000, 60_000, 3_600_000, 2 ** 20),
  )
  fc.assert(
    fc.property(
      fc.oneof(
        amounts,
        round.map(([count, unit]) => count * unit),
      ),
      (value) => {
        t.equal(parseDuration(formatDuration(value)), value)
        t.equal(parseSize(formatSize(value)), value)
      },
    ),
  )
})

t.test('writes the largest unit that loses nothing', async (t) => {
  t.equal(formatDuration(90_000), '90s')
  t.equal(formatDuration(0), '0ms')
  t.equal(formatSize(1536), '1536B')
  t.equal(formatSize(2 ** 28), '256MiB')
})

t.test('a unit as people also write it stands for the known one', async (t) => {
  const cases = {
    '256MB': '256MiB',
    '1.5 gb': '1.5GiB',
    '64k': '64KiB',
    '30 sec': '30s',
    '5min': '5m',
    '2hours': '2h',
    '7 bananas': undefined,
    '12': undefined,
  }
  for (const [text, meant] of Object.entries(cases)) t.equal(withKnownUnit(text), meant, text)
})
