import fc from 'fast-check'
import { loadConfig } from '../../../src/config/load.js'
import { formatProblem } from '../../../src/config/config-problem.js'
import { readEnvironment } from '../../../src/config/read-environment.js'
import { readFlags } from '../../../src/config/read-flags.js'
import { readYaml } from '../../../src/config/read-yaml.js'
import { SETTINGS } from '../../../src/config/settings.js'
import { formatDuration, formatSize, parseDuration, parseSize } from '../../../src/config/units.js'
import { tlsProblem, validUntilMs } from '../../../src/config/tls-pair.js'
import { elsewhere, localhost } from '../../server/edge/tls/fixtures.js'
import { ensure, soup, target, type FuzzTarget } from '../target.js'

const units = soup(
  '1',
  '1.5',
  'ms',
  's',
  'm',
  'h',
  'd',
  'KiB',
  'MiB',
  'B',
  '-',
  'e9',
  '9007199254740993',
)
const yaml = soup(
  'server:',
  '\n  ',
  'port: 1',
  'tls: {',
  '}',
  '[',
  ']',
  '- ',
  ': ',
  '&a ',
  '*a',
  '<<: ',
  '!!js ',
  '|',
  'cache:',
  'resources:',
  'task:',
  'ttl: 5m',
  '? ',
  '# ',
  '---\n',
  '%YAML',
  '"',
  "'",
  '\n',
  '\ufeff',
  'limits: { minute: { max: 5 } }',
  'accounts:',
  'consumers:',
  '__proto__: 1',
  'null',
  '~',
  '>',
)
const variables = SETTINGS.flatMap(({ keyword }) => keyword.variable ?? [])
const flags = SETTINGS.filter(({ keyword }) => keyword.flag !== undefined).map(({ key }) => key)
const values = fc.oneof(units, fc.string(), soup('auto', 'http://a/', '127.0.0.1', '0', 'true'))

const readFile = (text: string) => (path: string) => {
  if (path === '/c.yaml') return text
  throw Object.assign(new Error('no'), { code: 'ENOENT' })
}

const pems = fc
  .tuple(
    fc.constantFrom(
      localhost.cert,
      localhost.key,
      elsewhere.cert,
      localhost.cert + elsewhere.cert,
      '',
    ),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }),
    fc.nat({ max: 2_000 }),
  )
  .map(([pem, flips, length]) => {
    const bytes = Buffer.from(pem)
    for (const [at, byte] of flips) if (bytes.length > 0) bytes[at % bytes.length] = byte
    return bytes.toString('latin1', 0, length % 3 === 0 ? length : undefined)
  })

export const CONFIG_TARGETS: readonly FuzzTarget[] = [
  target('durations', units, (text) => {
    const found = parseDuration(text)
    if (found === undefined) return
    ensure(Number.isSafeInteger(found) && found >= 0, 'whole milliseconds')
    ensure(parseDuration(formatDuration(found)) === found, 'the same again')
  }),
  target('sizes', units, (text) => {
    const found = parseSize(text)
    if (found === undefined) return
    ensure(Number.isSafeInteger(found) && found >= 0, 'whole bytes')
    ensure(parseSize(formatSize(found)) === found, 'the same again')
  }),
  target(
    'YAML',
    yaml,
    (text) => {
      const { entries, problems } = readYaml(text, 'c.yaml')
      for (const { line = 1, column = 1 } of problems) ensure(line >= 1 && column >= 1, 'a place')
      ensure(
        problems.every((one) => !formatProblem(one).includes('\n')),
        'a line each',
      )
      ensure(
        entries.every(({ value }) => value !== undefined),
        'values',
      )
    },
    8,
  ),
  target(
    'variables',
    fc.dictionary(fc.constantFrom(...variables, 'INTERVALS_PROXY_X'), values),
    (env) => {
      const { entries, problems } = readEnvironment(env)
      const wanted = Object.keys(env).filter((name) => name !== 'INTERVALS_PROXY_CONFIG').length
      ensure(entries.length + problems.length >= wanted - 1, 'each is taken or refused')
    },
    4,
  ),
  target(
    'flags',
    fc.dictionary(fc.constantFrom(...flags), values),
    (given) => {
      const { entries, problems } = readFlags(given)
      ensure(
        entries.length + problems.length === Object.keys(given).length,
        'each is taken or refused',
      )
    },
    4,
  ),
  target(
    'the whole configuration',
    fc.tuple(yaml, fc.dictionary(fc.constantFrom(...variables), values)),
    ([text, env]) => {
      const loaded = loadConfig({ env, cwd: '/', file: 'c.yaml', readFile: readFile(text) })
      ensure(loaded.ok || loaded.problems.length > 0, 'a configuration, or what is wrong with it')
    },
    20,
  ),
  target(
    'certificates and keys',
    fc.tuple(pems, pems),
    ([cert, key]) => {
      const problem = tlsProblem({ cert, key })
      ensure(problem === undefined || !problem.includes('\n'), 'a sentence')
      const untilMs = validUntilMs(cert)
      ensure(untilMs === undefined || Number.isFinite(untilMs), 'a time')
    },
    30,
  ),
]
