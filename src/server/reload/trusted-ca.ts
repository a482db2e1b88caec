/** The contents of upstream.ca. A reload reads the file again, so an authority can be replaced. */

import { readFileSync } from 'node:fs'

export interface TrustedCa {
  readonly current: () => string
  /** Reads the file again; true if it says something else. A file that cannot be read changes nothing. */
  refresh(): boolean
}

export function openTrustedCa(path: string): TrustedCa {
  const read = (): string => readFileSync(path, 'utf8')
  let current = read()
  return {
    current: () => current,
    refresh() {
      const before = current
      try {
        current = read()
      } catch {
        // The configuration was refused for it, or the file went away since.
      }
      return current !== before
    },
  }
}
