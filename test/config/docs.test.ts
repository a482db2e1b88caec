import { readFileSync } from 'node:fs'
import Schema from 'typebox/schema'
import t from 'tap'
import { parse } from 'yaml'
import { jsonSchema } from '../../src/config/json-schema.js'
import { withReference } from '../../src/config/reference.js'
import { SETTINGS } from '../../src/config/settings.js'
import { complaintsAbout, load } from './load.js'
import { inProject } from '../project.js'

const read = (name: string) => readFileSync(inProject(`config/${name}`), 'utf8')
const example = read('intervals-proxy.example.yaml')

t.test('config/schema.json is up to date (npm run generate)', async (t) => {
  t.equal(read('schema.json'), `${JSON.stringify(jsonSchema(), null, 2)}\n`)
})

t.test('config/README.md is up to date (npm run generate)', async (t) => {
  t.equal(read('README.md'), withReference(read('README.md')))
})

t.test('a page without the markers is not written to', async (t) => {
  t.throws(() => withReference('# Nothing'), { name: 'TypeError' })
})

t.test('the example changes nothing', async (t) => {
  const loaded = load({ file: 'c.yaml', files: { 'c.yaml': example } })
  t.match(loaded, { ok: true, changed: [], warnings: [] })
})

t.test('the example names every setting that this version has', async (t) => {
  for (const { key } of SETTINGS) {
    const name = key.slice(key.lastIndexOf('.') + 1)
    t.match(example, new RegExp(`^[ #]*${name}:`, 'mu'), key)
  }
})

t.test('the lines commented out in the example are right too', async (t) => {
  const lines = example.split('\n')
  const from = lines.findIndex((line) => line.includes('# resources:'))
  const resources = lines
    .slice(from, from + 6)
    .map((line) => line.replace('# ', '').replace(/ {2,}\w.* .*$/u, ''))
  t.strictSame(complaintsAbout(['cache:', ...resources].join('\n')), [])
})

t.test(
  'the schema for editors takes the example, and refuses what the proxy refuses',
  async (t) => {
    const accepts = (text: string) => Schema.Check(jsonSchema(), parse(text))
    t.ok(accepts(example))
    t.ok(accepts('cache: { resources: { task: { ttl: 5m } } }\nserver:\n'))
    t.ok(accepts('cache: { profile: http }'))
    for (const text of [
      'server: { port: 80a }',
      'server: { prt: 1 }',
      'upstream: { timeout: 30 }',
      'cache: { profile: squid }',
      'cache: { resources: { tasks: {} } }',
      'store: { redis: "http://a" }',
    ]) {
      t.notOk(accepts(text), text)
    }
  },
)
