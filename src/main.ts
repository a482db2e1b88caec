#!/usr/bin/env node
/** The process: its arguments, its output and its exit code. Everything else is in cli/. */
import { existsSync, readFileSync } from 'node:fs'
import { nodeProblem } from './cli/node-version.js'

// Before anything is loaded that an older Node.js cannot run.
const unsupported = nodeProblem(process.versions.node)
if (unsupported !== undefined) {
  process.stderr.write(`${unsupported}\n`)
  process.exit(1)
}

// `intervals-proxy status | head`: who reads has enough, and that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

// The command line is shown to everybody on the machine, by ps.
if (process.argv.some((word) => word.startsWith('--admin-token'))) process.title = 'intervals-proxy'

try {
  // Imported here, so that a broken installation ends in a line of text too.
  const { runProgram } = await import('./cli/program.js')
  const { noteOn, terminalOf } = await import('./cli/display/terminal.js')
  // Not process.exit: a command that listens has come back, and the server lives on.
  process.exitCode = await runProgram(process.argv.slice(2), {
    env: process.env,
    cwd: process.cwd(),
    readFile: (path) => readFileSync(path, 'utf8'),
    exists: existsSync,
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    stopSignal,
    terminal: terminalOf(process.stdout, process.stdin, process.env),
    note: noteOn(process.stderr, process.env),
  })
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`intervals-proxy: ${message.split('\n', 1)[0]}\n`)
  // What failed half-way may have left something open that would keep the process alive.
  process.exit(1)
}

/** A second signal finds no listener, and ends the process at once. */
async function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off('SIGINT', stop).off('SIGTERM', stop)
      resolve()
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
  })
}
