/** Names that are settled but do nothing yet: known, and refused. Delete a row when it works. */

interface Unsupported {
  readonly key: string
  /** Refuse this value only. */
  readonly value?: string
  /** What the version does instead. */
  readonly instead: string
}

export const UNSUPPORTED: readonly Unsupported[] = [
  { key: 'store.redis', instead: 'each proxy keeps its own store.dir' },
]

/** Why a known setting, or this value of it, is refused; undefined if it is not. */
export function unsupported(key: string, value: unknown): string | undefined {
  const row = UNSUPPORTED.find(
    (row) => row.key === key && (row.value === undefined || row.value === value),
  )
  if (row === undefined) return undefined
  const what = row.value === undefined ? '' : `${row.value} is `
  return `${what}not supported by this version yet: ${row.instead}; remove it`
}
