/**
 * `npm test`: compiles once, then runs each test file in a process of its own, under tap.
 *
 *     npm test -- test/limits test/docs/names.test.ts   these folders and files
 *     npm run test:long, npm run test:full              *.long.ts, *.full.ts
 *     --jobs=2 --timeout=120 --reporter=tap             files at once, seconds for each, tap's reporter
 *
 * `npx tap test/docs/names.test.ts` works too: it compiles while it loads, which takes ten times as long.
 */

import { availableParallelism } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { report } from '@tapjs/reporter'
import { t } from 'tap'
import { BUILD_DIR, compile, filesBelow } from './compile.js'

export const SUITES = ['test', 'long', 'full'] as const
export type Suite = (typeof SUITES)[number]

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
  for (const file of files) {
    void t.spawn(
      ...command(file),
      {
        buffered: t.jobs > 1,
        timeout: Number(values.timeout) * 1_000,
        env,
        stdio: isRaw ? 'inherit' : 'pipe',
      },
      file,
    )
  }
}

/** tap would have its children load through hooks of its own, which takes longer than most tests. */
function command(file: string): [string, string[]] {
  const script = `${BUILD_DIR}/${file.replace(/\.ts$/u, '.js')}`
  const args = ['--enable-source-maps', script]
  if (process.platform === 'win32') return [process.execPath, args]
  return ['env', ['-u', 'NODE_OPTIONS', process.execPath, ...args]]
}
