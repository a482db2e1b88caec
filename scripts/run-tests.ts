/**
 * `npm test`: compiles once, then runs the test files under tap, a dozen in each process.
 *
 *     npm test -- test/limits test/docs/names.test.ts   these folders and files
 *     npm run test:long, npm run test:full              *.long.ts, *.full.ts
 *     --jobs=2 --timeout=120 --reporter=tap             files at once, seconds for each, tap's reporter
 *
 * `npx tap test/docs/names.test.ts` works too: it compiles while it loads, which takes ten times as long.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { report } from '@tapjs/reporter'
import { t } from 'tap'
import { BUILD_DIR, compile, filesBelow } from './compile.js'
import type { Group } from './run-group.js'

export const SUITES = ['test', 'long', 'full'] as const
export type Suite = (typeof SUITES)[number]

/** In a file's first lines: it changes or measures its process, so it gets one of its own. */
const ALONE = /^\/\/ Runs alone: /mu
/** Files of a folder resemble each other, so they are dealt out. */
const FILES_PER_GROUP = 12

/** The test files that `wanted` names: files, of whatever suite, and folders; nothing for all of the suite. */
export function choose(files: readonly string[], wanted: readonly string[], suite: Suite) {
  const inSuite = files.filter((file) => file.endsWith(`.${suite}.ts`))
  if (wanted.length === 0) return inSuite
  const chosen = wanted.flatMap((given) => {
    const name = given.replaceAll('\\', '/').replace(/^\.\/|\/$/gu, '')
    if (files.includes(name)) return [name]
    const below = inSuite.filter((file) => file.startsWith(`${name}/`))
    if (below.length === 0) throw new Error(`${given}: no test file of the suite "${suite}"`)
    return below
  })
  return [...new Set(chosen)]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()

async function main(): Promise<void> {
  // Or it gives up after half a minute, with whatever has been done by then.
  t.setTimeout(0)
  process.chdir(fileURLToPath(new URL('..', import.meta.url)))
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      suite: { type: 'string', default: 'test' },
      jobs: { type: 'string' },
      timeout: { type: 'string', default: '120' },
      reporter: { type: 'string', default: process.stdout.isTTY ? 'base' : 'tap' },
    },
  })
  const suite = SUITES.find((name) => name === values.suite)
  if (suite === undefined) throw new Error(`--suite is one of ${SUITES.join(', ')}`)
  const files = choose(
    filesBelow('test').filter((file) => SUITES.some((name) => file.endsWith(`.${name}.ts`))),
    positionals,
    suite,
  )
  await compile()
  // The file's own time and each of its tests': tap gives those half a minute otherwise.
  const env = { ...process.env, TAP_TIMEOUT: values.timeout }
  // One more than there are cores: much of what is tested waits, for a timeout or a window.
  t.jobs = Number(values.jobs ?? (suite === 'test' ? availableParallelism() + 1 : 1))
  const isRaw = values.reporter === 'tap'
  // It asks for one setting: whether comments are shown.
  const settings = { get: () => false } as unknown as Parameters<typeof report>[2]
  if (!isRaw) await report(values.reporter, t, settings)
  const times = join(mkdtempSync(join(tmpdir(), 'times-')), 'times')
  writeFileSync(times, '')
  const groups = suite === 'test' ? groupsOf(files) : files.map((file) => [file])
  const timeoutSeconds = Number(values.timeout)
  const runs = groups.map((files) =>
    t.spawn(
      ...command(),
      {
        buffered: t.jobs > 1,
        timeout: timeoutSeconds * 1_000 * files.length,
        env: {
          ...env,
          TEST_GROUP: JSON.stringify({ files, timeoutSeconds, times } satisfies Group),
        },
        stdio: isRaw ? 'inherit' : 'pipe',
      },
      files.length === 1 ? files[0] : `${files.length} files in one process`,
    ),
  )
  await Promise.all(runs)
  t.comment(slowest(readFileSync(times, 'utf8')))
  rmSync(dirname(times), { recursive: true })
}

/** Which files share a process. */
export function groupsOf(
  files: readonly string[],
  read = (file: string): string => readFileSync(file, 'utf8'),
): readonly (readonly string[])[] {
  const isAlone = (file: string): boolean => ALONE.test(read(file).slice(0, 500))
  const alone = files.filter(isAlone)
  const together = files.filter((file) => !alone.includes(file))
  const count = Math.ceil(together.length / FILES_PER_GROUP)
  const groups = Array.from({ length: count }, (_, group) =>
    together.filter((_file, index) => index % count === group),
  )
  return [...alone.map((file) => [file]), ...groups]
}

function slowest(times: string): string {
  const lines = times.split('\n').filter((line) => line !== '')
  const sorted = lines.toSorted((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))
  return `the slowest files:\n${sorted.slice(0, 10).join('\n')}`
}

/** tap would have its children load through hooks of its own, which takes longer than most tests. */
function command(): [string, string[]] {
  const args = ['--enable-source-maps', `${BUILD_DIR}/scripts/run-group.js`]
  if (process.platform === 'win32') return [process.execPath, args]
  return ['env', ['-u', 'NODE_OPTIONS', process.execPath, ...args]]
}
