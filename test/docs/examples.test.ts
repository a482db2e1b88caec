/** Programs for Node, configurations and the commands of the README; commands.full.ts has the others. */
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { parseAllDocuments } from 'yaml'
import { loadConfig } from '../../src/config/load.js'
import { formatProblem } from '../../src/config/config-problem.js'
import { inProject } from '../project.js'
import { examplesIn, isLeftOut, nameOf, PAGES, type Example } from './example.js'
import { runExample } from './run-example.js'
import { openSurroundings } from './surroundings.js'

const MARKS = /^(?:not run, .{10,}|stays up|other yaml|with a certificate|)$/u

const examples = PAGES.flatMap(examplesIn)

/** Certificates that nothing but tests has seen. */
const pem = (name: string): string =>
  readFileSync(inProject(`test/fixtures/tls/${name}.pem`), 'utf8')

t.test('marks of examples are such as the tests know', async (t) => {
  t.strictSame(examples.filter(({ mark }) => !MARKS.test(mark)).map(nameOf), [])
  t.ok(examples.filter(({ mark }) => mark === '').length > 20)
})

t.test('what the README and programs for Node do', async (t) => {
  const isHere = ({ page, language }: Example): boolean =>
    language === 'js' || (language === 'sh' && page === 'README.md')
  const place = await openSurroundings()
  t.teardown(() => place.close())
  for (const example of examples.filter(isHere)) {
    if (!isLeftOut(example)) await runExample(t, example, place)
  }
})

t.test('configurations can be started with', async (t) => {
  for (const example of examples) {
    if (isLeftOut(example)) continue
    if (example.language === 'yaml') checkYaml(t, example)
    if (example.language === 'json') t.doesNotThrow(() => void JSON.parse(example.text))
  }
})

/** As check-config would. */
function checkYaml(t: Test, example: Example): void {
  const name = nameOf(example)
  if (example.mark === 'other yaml') {
    const problems = parseAllDocuments(example.text).flatMap((document) =>
      'errors' in document ? document.errors : [],
    )
    return void t.strictSame(problems, [], name)
  }
  const loaded = loadConfig({
    file: 'config.yaml',
    cwd: '/nowhere',
    env: {},
    readFile: (path) => {
      if (path.endsWith('config.yaml')) return example.text
      if (path.endsWith('key.pem')) return pem('localhost-key')
      return path.endsWith('.pem') ? pem('localhost-cert') : 'a-token'
    },
  })
  t.strictSame(loaded.ok ? [] : loaded.problems.map(formatProblem), [], name)
}
