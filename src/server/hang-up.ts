/** The terminal that a process was started on, which may be closed before it ends. */

import { closeSync, openSync } from 'node:fs'

/** `nohup` and services have none. */
const startedOnTerminal = (): boolean =>
  [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY)

function isTerminalGone(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return false
  } catch {
    return true
  }
}

/** SIGHUP says that the terminal is gone, or, where it is not or never was one, asks for a reload. */
export function whatHangUpMeans(): () => 'reload' | 'stop' {
  if (!startedOnTerminal()) return () => 'reload'
  process.once('exit', () => {
    // Node 20 asserts at its end that it can reset the terminal, and its report of that never ends.
    if (isTerminalGone()) process.kill(process.pid, 'SIGKILL')
  })
  return () => (isTerminalGone() ? 'stop' : 'reload')
}
