import t from 'tap'
import fc from 'fast-check'
import { findRefusal } from '../../src/upstream/refusal.js'

const statuses = fc.constantFrom(400, 402, 418, 429, 503, 200, 500)
const find = (status: number, body: string) =>
  findRefusal({ status, body, retryAfterMs: undefined, account: 'a' })

/** Text as people and programs put it into the fields that a validation error quotes. */
const quoted = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc
    .tuple(
      fc.constantFrom('code', 'number', 'error code', '"code":', '<code>', 'errorcode=', 'Code: '),
      fc.constantFrom('', ' ', '"', ' = ', ': '),
      fc.constantFrom('11', '12', '"12"', '4', '12</code>', '12}'),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom('Requests were sent too fast', 'too many requests', 'account suspended'),
)
const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const ordinary = fc
  .record({
    code: fc.constantFrom(13, 15, 16, 17, 18),
    place: fc.constantFrom('code', 'number'),
    isText: fc.boolean(),
    message: quoted,
    value: quoted,
    extra: fc.dictionary(fc.constantFrom('field', 'name', 'id'), quoted),
    isXml: fc.boolean(),
    codeLast: fc.boolean(),
    space: fc.constantFrom(0, 2),
  })
  .map(({ code, place, isText, message, value, extra, isXml, codeLast, space }) => {
    if (isXml) {
      const number = `<${place}>${code}</${place}>`
      const text = `<message>${escape(message)}</message><verbose><value>${escape(value)}</value></verbose>`
      return `<intervals><code>400</code><error>${codeLast ? text + number : number + text}</error></intervals>`
    }
    const number = { [place]: isText ? String(code) : code }
    const text = { message, verbose: { value, ...extra } }
    const error = codeLast ? { ...text, ...number } : { ...number, ...text }
    return JSON.stringify(
      { personid: null, status: 'Bad Request', code: '400', error },
      null,
      space,
    )
  })

t.test('never throws, whatever comes', async () => {
  fc.assert(
    fc.property(
      statuses,
      fc.oneof(fc.string({ maxLength: 300 }), fc.json(), ordinary),
      (status, body) => {
        find(status, body)
        find(status, body.slice(0, Math.floor(body.length / 2)))
      },
    ),
    { numRuns: 5_000 },
  )
})

t.test('an ordinary validation error is never a refusal, whatever it quotes', async () => {
  fc.assert(
    fc.property(ordinary, (body) => find(400, body) === undefined),
    { numRuns: 10_000 },
  )
})
