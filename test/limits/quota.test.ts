import t from 'tap'
import fc from 'fast-check'
import { parseQuota } from '../../src/limits/quota-response.js'

t.test('what GET /quota/ says', async (t) => {
  const known = { max: 6000, used: 91 }
  const cases: readonly [string, string, typeof known | undefined][] = [
    ['strings', '{"quota":{"quota":"6000","used":"91","next_reset":"x","exceeded":"f"}}', known],
    ['numbers', '{"quota":{"quota":6000,"used":91}}', known],
    ['spread over lines', '{\n "quota": {\n  "quota" : "6000",\n  "used" : "91"\n }\n}', known],
    ['the other order', '{"quota":{"used":"91","quota":"6000"}}', known],
    ['XML', '<intervals><quota><quota>6000</quota><used>91</used></quota></intervals>', known],
    ['XML over lines', '<quota>\n <quota> 6000 </quota>\n <used> 91 </used>\n</quota>', known],
    ['nothing used', '{"quota":{"quota":6000,"used":0}}', { max: 6000, used: 0 }],
    ['empty', '', undefined],
    ['an error', '{"code":"401","error":{"code":"9","message":"no"}}', undefined],
    ['no max', '{"quota":{"used":"91"}}', undefined],
    ['no used', '{"quota":{"quota":"6000"}}', undefined],
    ['max 0', '{"quota":{"quota":"0","used":"91"}}', undefined],
    ['negative', '{"quota":{"quota":"6000","used":"-1"}}', undefined],
    ['too many digits', '{"quota":{"quota":"6000","used":"12345678901234567890"}}', undefined],
    ['null', '{"quota":null}', undefined],
  ]
  for (const [name, body, expected] of cases) t.same(parseQuota(body), expected, name)
})

t.test('never throws, and never makes up a number', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
      const found = parseQuota(body)
      return found === undefined || (found.max >= 1 && Number.isSafeInteger(found.used))
    }),
    { numRuns: 2_000 },
  )
})
