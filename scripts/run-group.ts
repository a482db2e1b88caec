/**
 * Runs compiled test files one after the other in this process, each as a test of its own: most of what a
 * small file takes is the start of its process.
 *
 * TEST_GROUP in the environment is JSON, since tap makes names of directories from the arguments.
 */
import asyncHooks from 'node:async_hooks'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

export interface Group {
  /** Paths in the project. */
  readonly files: readonly string[]
  /** For each file. */
  readonly timeoutSeconds: number
  /** A file to which a line is added for each: how long it took, and the processor time of this process. */
  readonly times: string
}

const { files, timeoutSeconds, times } = JSON.parse(process.env['TEST_GROUP'] ?? '') as Group

// tap follows every promise, so that an exception that nothing catches fails the test it belongs to. That
// takes a third of the processor time. Without it, such an exception ends the process, which fails the run.
const hook: asyncHooks.AsyncHook = { enable: () => hook, disable: () => hook }
asyncHooks.createHook = () => hook
syncBuiltinESMExports()
let running = ''
process.on('uncaughtExceptionMonitor', (_error, origin) => {
  process.stderr.write(`${running}: ${origin}, which ends this process and its other files\n`)
})

const { default: t } = await import('tap')
const { enter } = await import('../test/root.js')
// Each file has its own limit.
t.setTimeout(0)
for (const name of files) {
  running = name
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const compiled = new URL(`../${name.replace(/\.ts$/u, '.js')}`, import.meta.url)
  await t.test(name, { timeout: timeoutSeconds * 1_000 }, async (test) => {
    enter(test)
    await import(compiled.href)
  })
  const { user, system } = process.cpuUsage(cpuBefore)
  const wallMs = Math.round(performance.now() - startedAt)
  appendFileSync(
    times,
    `${wallMs} ms, ${Math.round((user + system) / 1_000)} ms of processor: ${name}\n`,
  )
}
