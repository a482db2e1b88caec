import t from 'tap'
import {
  isKnownToClient,
  partOf,
  type HeaderList,
  type RequestHeaders,
} from '../../../src/cache/index.js'
import { entryOf, NOW_MS } from './answers.js'

const at = (seconds: number): string => new Date(NOW_MS + seconds * 1_000).toUTCString()
const TAGGED: HeaderList = [
  ['etag', '"a,b"'],
  ['last-modified', at(-100)],
  ['date', at(0)],
]

t.test('304 to whoever has it already (RFC 9110 §13)', async (t) => {
  const cases: readonly [string, HeaderList, RequestHeaders, boolean][] = [
    ['no condition', TAGGED, {}, false],
    ['the tag', TAGGED, { 'if-none-match': '"a,b"' }, true],
    ['the weak form of it', TAGGED, { 'if-none-match': 'W/"a,b"' }, true],
    ['one of several', TAGGED, { 'if-none-match': '"x", "a,b","y"' }, true],
    ['any', TAGGED, { 'if-none-match': ' * ' }, true],
    ['another', TAGGED, { 'if-none-match': '"a", "b"' }, false],
    ['without quotes', TAGGED, { 'if-none-match': 'a,b' }, false],
    ['a stored tag without quotes', [['etag', 'abc']], { 'if-none-match': 'abc' }, true],
    ['no stored tag', [], { 'if-none-match': '"a,b"' }, false],
    ['modified then', TAGGED, { 'if-modified-since': at(-100) }, true],
    ['modified before', TAGGED, { 'if-modified-since': at(-50) }, true],
    ['modified since', TAGGED, { 'if-modified-since': at(-101) }, false],
    ['no date', TAGGED, { 'if-modified-since': 'yesterday' }, false],
    ['Date counts without Last-Modified', [['date', at(0)]], { 'if-modified-since': at(0) }, true],
    ['and may be later', [['date', at(0)]], { 'if-modified-since': at(-1) }, false],
    [
      'the tag decides, not the date',
      TAGGED,
      { 'if-none-match': '"x"', 'if-modified-since': at(-50) },
      false,
    ],
  ]
  for (const [name, headers, request, expected] of cases) {
    t.equal(isKnownToClient(entryOf({ headers }), request, NOW_MS), expected, name)
  }
  const gone = entryOf({ status: 410, headers: TAGGED })
  t.notOk(isKnownToClient(gone, { 'if-none-match': '*' }, NOW_MS), 'only a 200 has conditions')
})

t.test('Range: one part of a whole answer (RFC 9110 §14)', async (t) => {
  const whole = { kind: 'whole' } as const
  const none = { kind: 'unsatisfiable', range: 'bytes */10' } as const
  const part = (start: number, end: number) =>
    ({ kind: 'part', start, end, range: `bytes ${start}-${end}/10` }) as const
  const cases: readonly [string, object][] = [
    ['bytes=0-1', part(0, 1)],
    ['bytes=0-0', part(0, 0)],
    ['bytes=1-', part(1, 9)],
    ['bytes=-3', part(7, 9)],
    ['bytes=-99', part(0, 9)],
    ['bytes=9-99999999999999999999', part(9, 9)],
    ['BYTES=0-1', part(0, 1)],
    ['bytes=10-', none],
    ['bytes=10-11', none],
    ['bytes=-0', none],
    ['bytes=99999999999999999999-', none],
    ['bytes=5-4', whole],
    ['bytes=0-1,3-4', whole],
    ['bytes=-', whole],
    ['bytes=a-b', whole],
    ['bytes 0-1', whole],
    ['items=0-1', whole],
    ['', whole],
  ]
  for (const [range, expected] of cases) {
    t.strictSame(partOf(entryOf({ body: '0123456789' }), { range }), expected, range)
  }
  const nothing = { ...none, range: 'bytes */0' }
  t.strictSame(partOf(entryOf({ body: '' }), { range: 'bytes=0-' }), nothing, 'of nothing')
  t.strictSame(partOf(entryOf({ body: '' }), { range: 'bytes=-1' }), nothing, 'of nothing')
  t.strictSame(partOf(entryOf({ status: 404 }), { range: 'bytes=0-1' }), whole, 'of an error')
  t.comment(`${cases.length + 3} ranges tried`)
})

t.test('If-Range: the whole unless it is certainly the same (RFC 9110 §13.1.5)', async (t) => {
  const cases: readonly [string, HeaderList, boolean][] = [
    ['"a,b"', TAGGED, true],
    ['"a"', TAGGED, false],
    ['W/"a,b"', TAGGED, false],
    ['W/"a"', [['etag', 'W/"a"']], false],
    [at(-100), TAGGED, true],
    [at(-99), TAGGED, false],
    [
      at(-30),
      [
        ['last-modified', at(-30)],
        ['date', at(0)],
      ],
      false,
    ],
    ['yesterday', [['last-modified', 'yesterday']], false],
  ]
  for (const [ifRange, headers, isPart] of cases) {
    const { kind } = partOf(entryOf({ headers }), { range: 'bytes=0-1', 'if-range': ifRange })
    t.equal(kind, isPart ? 'part' : 'whole', `${ifRange} of ${JSON.stringify(headers)}`)
  }
})
