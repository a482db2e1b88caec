import { createHash } from 'node:crypto'
import t from 'tap'
import { complaints, configFrom, complaintsAbout } from './load.js'

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const KEY = sha256('a key')
const GUESSED_KEY = sha256('test2')
const OTHER_KEY = sha256('another key')
const FILES = { 'acme.token': 'acme0123456\n', 'empty.token': '\n', 'words.token': 'two words' }

const about = (yaml: string, env: Record<string, string> = {}) =>
  complaints({ file: 'c.yaml', files: { 'c.yaml': yaml, ...FILES }, env })

t.test('a gateway for a team', async (t) => {
  const yaml = `
accounts:
  acme:
    plan: 12000
    tokens: [file:acme.token, 'env:SECOND', '${sha256('third')}']
  studio:
    plan: auto
consumers:
  timesheet:
    key: ${KEY}
    account: acme
    credential: file:acme.token
    read: all
    write: [time, timer]
    share: { day: 20%, minute: 12.5% }
    expires: 2027-01-31
    floor: 30s
  dashboard:
    floor: 1m
`
  const files = { 'c.yaml': yaml, ...FILES }
  const { accounts, consumers } = configFrom({ file: 'c.yaml', files, env: { SECOND: 'second' } })
  t.strictSame(accounts, {
    acme: { plan: 12_000, tokens: [sha256('acme0123456'), sha256('second'), sha256('third')] },
    studio: { plan: 'auto' },
  })
  t.strictSame(consumers, {
    timesheet: {
      key: KEY,
      account: 'acme',
      credential: 'acme0123456',
      read: 'all',
      write: ['time', 'timer'],
      share: { day: 0.2, minute: 0.125 },
      expires: Date.UTC(2027, 0, 31),
      floor: 30_000,
    },
    dashboard: { floor: 60_000 },
  })
})

const keyed = (name: string, rest: string) =>
  `  ${name}: { key: '${name === 'b' ? OTHER_KEY : KEY}', credential: file:acme.token, ${rest} }\n`

const REFUSED: readonly (readonly [what: string, yaml: string, complaint: RegExp])[] = [
  [
    'a token in clear',
    'accounts:\n  a: { tokens: [acme0123456] }',
    /^c\.yaml:2:16: accounts\.a\.tokens: expected a list of sha256:HEX .*got a list$/,
  ],
  [
    'one token in two accounts',
    `accounts:\n  a: { tokens: [file:acme.token] }\n  b:\n    tokens: ['${sha256('acme0123456')}']`,
    /^c\.yaml:4:13: accounts\.b\.tokens: a token of it is in accounts\.a\.tokens as well/,
  ],
  [
    'a file that is not there',
    'accounts:\n  a: { tokens: [file:none] }',
    /^c\.yaml:2:16: accounts\.a\.tokens: none does not exist$/,
  ],
  ['an empty file', 'accounts:\n  a: { tokens: [file:empty.token] }', /holds no token/],
  ['words', 'accounts:\n  a: { tokens: [file:words.token] }', /words\.token holds no token/],
  ['a variable', 'accounts:\n  a: { tokens: [env:NONE] }', /the variable NONE is not set/],
  ['an account that says nothing', 'accounts:\n  a:', /^c\.yaml:2:3: accounts\.a: says nothing/],
  ['a name with a dot', 'consumers:\n  a.b: { floor: 1s }', /^c\.yaml:2:3: .*expected a name of/],
  ['__proto__', 'consumers:\n  __proto__: { floor: 1s }', /^c\.yaml:2:3: .*expected a name of/],
  ['a misspelt setting', 'consumers:\n  a: { flor: 1s }', /did you mean consumers\.a\.floor\?/],
  [
    'a key without a credential',
    `consumers:\n  a: { key: '${KEY}' }`,
    /^c\.yaml:2:13: consumers\.a\.key: needs consumers\.a\.credential/,
  ],
  [
    'rights without a key',
    'consumers:\n  a: { write: none }',
    /^c\.yaml:2:15: consumers\.a\.write: works only with consumers\.a\.key/,
  ],
  ['a key in clear', 'consumers:\n  a: { key: secret-in-clear }', /expected sha256: .*other text$/],
  [
    'one key twice',
    `consumers:\n  a: { key: '${KEY}', credential: file:acme.token }\n  c: { key: '${KEY}', credential: file:acme.token }`,
    /^c\.yaml:3:13: consumers\.c\.key: is the key of a as well/,
  ],
  [
    'an unknown account',
    `accounts:\n  acme: { plan: auto }\nconsumers:\n${keyed('a', 'account: acne')}`,
    /no account acne; did you mean acme\?/,
  ],
  [
    'no account where there are two',
    `accounts:\n  x: { plan: auto }\n  y: { plan: auto }\nconsumers:\n${keyed('a', 'read: all')}`,
    /needs consumers\.a\.account: there are 2/,
  ],
  [
    'the token of another account',
    `accounts:\n  x: { tokens: [file:acme.token] }\n  y: { plan: auto }\nconsumers:\n${keyed('a', 'account: y')}`,
    /its token is one of accounts\.x\.tokens, and this consumer is charged to y/,
  ],
  [
    'shares of more than the day',
    `consumers:\n${keyed('a', 'share: { day: 60% }')}${keyed('b', 'share: { day: 41% }')}`,
    /^c\.yaml:3:.*consumers\.b\.share\.day: with it 101% of the day are promised/,
  ],
  [
    'shares beside what is kept for classes',
    `limits: { day: { keepForWrites: 10%, keepForInteractive: 20% } }\nconsumers:\n${keyed('a', 'share: { day: 71% }')}`,
    /101% of the day are promised, keepForWrites and keepForInteractive included/,
  ],
  [
    'shares of more than the window, across accounts',
    `accounts:\n  x: { plan: auto }\n  y: { plan: auto }\nconsumers:\n${keyed('a', 'account: x, share: { minute: 60% }')}${keyed('b', 'account: y, share: { minute: 60% }')}`,
    /with it 120% of the minute are promised/,
  ],
  ['a day that is none', `consumers:\n${keyed('a', 'expires: 2027-02-30')}`, /a day such as/],
  ['more than the whole', `consumers:\n${keyed('a', 'share: { day: 101% }')}`, /0% to 100%/],
  ['an unknown resource', `consumers:\n${keyed('a', 'write: [tiem]')}`, /a list of resources/],
  [
    'accounts that nothing tells apart',
    'accounts:\n  x: { plan: 6000 }\n  y: { plan: 12000 }',
    /^c\.yaml:3:14: accounts\.y\.plan: nothing tells requests of y from/,
  ],
  [
    'events that would spend the limits',
    'notify: { url: "https://api.myintervals.com/hook" }',
    /notify\.url: is at the upstream/,
  ],
  ['a user in the URL', 'notify: { url: "https://me:secret@x.example/" }', /without a user name/],
]

for (const [what, yaml, complaint] of REFUSED) {
  t.test(`refused: ${what}`, async (t) => {
    const lines = about(yaml)
    t.equal(lines.length, 1, lines.join('\n'))
    t.match(lines[0], complaint)
    t.notMatch(lines[0], /acme0123456|secret-in-clear|me:secret/, 'no secret is repeated')
  })
}

t.test('names that every object has are names like others', async (t) => {
  const { consumers } = configFrom({
    file: 'c.yaml',
    files: { 'c.yaml': 'consumers:\n  constructor: { floor: 1s }\n  toString: { floor: 2s }' },
  })
  t.same(Object.keys(consumers), ['constructor', 'toString'])
  t.equal(consumers['constructor']?.floor, 1_000)
})

t.test('sections with nothing in them are no mistake', async (t) => {
  t.same(complaintsAbout('accounts:\nconsumers: {}\nnotify:\n'), [])
})
t.comment(`${REFUSED.length} bad gateways refused`)

t.test('a key that can be guessed is refused', async (t) => {
  t.match(
    complaintsAbout(
      `consumers:\n  report: { key: '${GUESSED_KEY}', credential: 'env:TOKEN' }`,
    ).join('\n'),
    'consumers.report.key: is the hash of "test2", which can be guessed: make a key with "intervals-proxy key new report"',
  )
})
