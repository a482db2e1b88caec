import * as fc from 'fast-check'
import t from 'tap'
import { MAX_KEY_CHARACTERS, parseIdempotencyKey } from '../../src/idempotency/idempotency-key.js'

const UUID = '8e03978e-40d5-43dd-bc93-6894a57f9324'

t.test('what is a key, with quotes and without', async (t) => {
  const good: readonly (readonly [value: string, key: string])[] = [
    [UUID, UUID],
    [`"${UUID}"`, UUID],
    [`  "${UUID}"\t`, UUID],
    ['1', '1'],
    ['KG5LxwFBepaKHyUD', 'KG5LxwFBepaKHyUD'],
    ["!#$%&'()*+-./:<=>?@[]^_`{|}~", "!#$%&'()*+-./:<=>?@[]^_`{|}~"],
    ['"two words, and more; really"', 'two words, and more; really'],
    [String.raw`"a \"b\" \\ c"`, String.raw`a "b" \ c`],
    ['x'.repeat(MAX_KEY_CHARACTERS), 'x'.repeat(MAX_KEY_CHARACTERS)],
    [`"${String.raw`\"`.repeat(MAX_KEY_CHARACTERS)}"`, '"'.repeat(MAX_KEY_CHARACTERS)],
  ]
  for (const [value, key] of good) t.equal(parseIdempotencyKey(value), key, value.slice(0, 50))
})

t.test('what is none', async (t) => {
  const bad = [
    '',
    '  ',
    '""',
    '"',
    '"a',
    'a"',
    'a"b',
    'two words',
    'a, b',
    'a,b',
    '"a", "b"',
    '"a";v=1',
    'a;v=1',
    String.raw`a\b`,
    String.raw`"a\b"`,
    String.raw`"a\"`,
    'käse',
    '"käse"',
    'a\tb',
    '"a\tb"',
    'a\u0000',
    '"\u007F"',
    ':YWJj:'.repeat(100),
    'x'.repeat(MAX_KEY_CHARACTERS + 1),
    `"${'x'.repeat(MAX_KEY_CHARACTERS + 1)}"`,
  ]
  const refused = bad.filter((value) => parseIdempotencyKey(value) === undefined)
  t.strictSame(refused, bad)
  t.comment(`${bad.length} bad keys tried, ${refused.length} refused`)
})

t.test('property: any text of printable ASCII is a key when it is quoted', async () => {
  const printable = fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: MAX_KEY_CHARACTERS,
  })
  fc.assert(
    fc.property(printable, (text) => {
      const quoted = `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
      return parseIdempotencyKey(quoted) === text
    }),
  )
})

t.test('property: what is taken without quotes is taken as it stands', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 20 }), (text) => {
      const key = parseIdempotencyKey(text)
      return key === undefined || text.trim().startsWith('"') || key === text.trim()
    }),
  )
})
