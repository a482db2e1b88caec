// Disks in directories of their own, and processes that open one and are killed.

import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { openDisk, type Disk, type DiskOptions } from '../../src/cache/index.js'
import { loaderOnly } from './process-options.js'
import { moduleAt } from '../project.js'

export function temporaryFile(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'intervals-proxy-cache-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return join(dir, 'cache.mdb')
}

export const DISK_DEFAULTS = {
  origin: 'http://upstream/',
  maxBytes: 50_000_000,
  maxEntryBytes: 1_000_000,
} as const

/** Fails the test at an error that nobody waits for. */
export function open(t: Test, path: string, options: Partial<DiskOptions> = {}): Disk {
  const onError = (error: unknown): void => void t.fail(String(error))
  return openDisk({ path, ...DISK_DEFAULTS, onError, ...options })
}

export type DiskTask =
  /** Opens it, reads and writes, and closes it. */
  | 'open'
  /** Sets one key again and again, with bodies of many pages. */
  | 'set'
  /** Begins writes without end, says which have begun, and ends every other one. */
  | 'write'

export interface DiskProcess {
  readonly child: ChildProcess
  /** What it said, in order. */
  readonly messages: unknown[]
  /** Resolves when so much has been said. */
  said(count: number): Promise<void>
  /** Resolves to how it ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

const PROCESS = moduleAt('./disk-process', import.meta)

export function startDiskProcess(t: Test, task: DiskTask, path: string): DiskProcess {
  const child = fork(PROCESS, [task, path], {
    ...loaderOnly(),
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const messages: unknown[] = []
  child.on('message', (message) => messages.push(message))
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  return {
    child,
    messages,
    ended,
    said: (count) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (messages.length >= count) resolve()
        }
        child.on('message', look)
        void ended.then(() => reject(new Error(`it ended after ${messages.length} messages`)))
        look()
      }),
  }
}
