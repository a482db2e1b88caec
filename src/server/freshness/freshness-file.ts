/** Keeps what was learnt of how often answers change, so that a restart does not begin anew. */

import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { readStates, written } from '../../freshness/index.js'
import type { Freshness } from '../../freshness/index.js'
import type { OpenFile } from '../ports/open-file.js'

export interface FreshnessFile {
  /** Rejects when the file cannot be written. */
  save(): Promise<void>
}

const FILE = 'freshness.json'

export function openFreshnessFile(
  openFile: OpenFile,
  freshness: Pick<Freshness, 'snapshot' | 'restore'>,
  nowMs: number,
): FreshnessFile {
  const path = openFile(FILE, 'change rates', (path) => {
    const text = textOf(path)
    if (text !== undefined) freshness.restore(readStates(text), nowMs)
    return path
  })
  let writing = Promise.resolve()

  async function write(): Promise<void> {
    // Never half a file under its own name.
    await writeFile(`${path}.new`, written(freshness.snapshot()), { mode: 0o600 })
    await rename(`${path}.new`, path)
  }

  return {
    save() {
      writing = writing.then(write, write)
      return writing
    },
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
