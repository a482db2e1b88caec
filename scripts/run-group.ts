/**
 * Runs compiled test files one after the other in this process, each as a test of its own: most of what a
 * small file takes is the start of its process.
 *
 * TEST_GROUP in the environment is JSON, since tap makes names of directories from the arguments.
 */
import { appendFileSync } from 'node:fs'
import t from 'tap'
import { enter } from '../test/root.js'

export interface Group {
  /** Paths in the project. */
  readonly files: readonly string[]
  /** For each file. */
  readonly timeoutSeconds: number
  /** A file to which a line "milliseconds name" is added for each. */
  readonly times: string
}

const { files, timeoutSeconds, times } = JSON.parse(process.env['TEST_GROUP'] ?? '') as Group

// Each file has its own limit.
t.setTimeout(0)
for (const name of files) {
  const startedAt = performance.now()
  const compiled = new URL(`../${name.replace(/\.ts$/u, '.js')}`, import.meta.url)
  await t.test(name, { timeout: timeoutSeconds * 1_000 }, async (test) => {
    enter(test)
    await import(compiled.href)
  })
  appendFileSync(times, `${Math.round(performance.now() - startedAt)} ${name}\n`)
}
