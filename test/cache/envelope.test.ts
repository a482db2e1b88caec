import t from 'tap'
import { envelopeOf } from '../../src/cache/rules/envelope.js'

const rows = JSON.stringify(
  Array.from({ length: 50 }, (_, id) => ({ id, code: 500, name: 'a "quoted" {name}, [error]' })),
)

t.test('an envelope, with its members before and behind the rows', async (t) => {
  const json = [
    '{"personid":1,"status":"OK","code":200,"listcount":0,"client":[]}',
    '{"code":"200"}',
    ' \n{ "code" : 200 }\n',
    `{"status":"OK","code":200,"client":${rows}}`,
    `{"client":${rows},"status":"OK","code":200}`,
    `{"client":${rows},"code":"200" } `,
    '{"code":200,"client":{"id":1,"status":"error"}}',
    '{"code":200,"client":{"id":1,"name":"\\"error\\": 12"}}',
    '\ufeff{"code":200}',
  ]
  for (const body of json) t.equal(envelopeOf(Buffer.from(body)), 'json', body.slice(0, 60))
  const xml = [
    '<?xml version="1.0" encoding="UTF-8"?>\n<intervals><code>200</code></intervals>',
    '<intervals status="OK"><client/></intervals>',
    '\ufeff <intervals><client><name>&lt;error></name></client></intervals>',
  ]
  for (const body of xml) t.equal(envelopeOf(Buffer.from(body)), 'xml', body)
})

t.test('one that reports an error, whatever the status', async (t) => {
  for (const body of [
    '{"status":"Bad Request","code":400}',
    '{"code":"404"}',
    '{"error":{"code":12,"message":"m"}}',
    '{"code":200,"error":"m"}',
    `{"client":${rows},"code":500}`,
    '{"code":200,"error"',
    '<intervals><code>400</code></intervals>',
    '<intervals><error><code>12</code></error></intervals>',
    '<?xml version="1.0"?><intervals><error code="11"/></intervals>',
  ]) {
    t.equal(envelopeOf(Buffer.from(body)), 'error', body.slice(0, 60))
  }
})

t.test('no envelope', async (t) => {
  for (const body of [
    '',
    '{}',
    '[]',
    'null',
    'OK',
    '{"client":[{"code":200}]}',
    `{"client":${rows}}`,
    '<!DOCTYPE html><html></html>',
    '<html><code>200</code></html>',
    '<intervalsx/>',
    '%PDF-1.4',
  ]) {
    t.equal(envelopeOf(Buffer.from(body)), undefined, body.slice(0, 60))
  }
})
