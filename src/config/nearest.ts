/** The known name that an unknown one was probably meant to be. */

/**
 * The candidate that reads most like `name`; undefined if none is near enough to be worth saying.
 * Case, hyphens and underscores do not count, so that `max_wait` finds `maxWait`; swapped letters
 * count once. Of equally near ones the first is taken.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(name)
  const tolerance = Math.max(1, Math.floor(wanted.length * 0.4))
  let best: { candidate: string; distance: number } | undefined
  for (const candidate of candidates) {
    const distance = editDistance(wanted, plain(candidate))
    if (distance <= tolerance && (best === undefined || distance < best.distance)) {
      best = { candidate, distance }
    }
  }
  return best?.candidate
}

/**
 * The known key that an unknown one stands for: a name misspelt in its section, else a name known
 * in another section (`port` is `server.port`).
 */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const section = sectionOf(key)
  const siblings = known.filter((candidate) => sectionOf(candidate) === section)
  const prefix = section === '' ? '' : `${section}.`
  const sibling = nearest(lastName(key), siblings.map(lastName))
  if (sibling !== undefined) return `${prefix}${sibling}`
  const elsewhere = known.find((candidate) => plain(lastName(candidate)) === plain(lastName(key)))
  return elsewhere ?? nearest(key, known)
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s]/gu, '')
}

function sectionOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('.')))
}

function lastName(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1)
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1]
      const swapped =
        row > 1 &&
        column > 1 &&
        left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1]
      current.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    beforeLast = last
    last = current
  }
  return last[right.length] ?? 0
}
