/** How soon a dead worker is replaced: at once, unless workers keep dying right after their start. */

/** A worker that lived this long did not die of its start. */
const LONG_ENOUGH_MS = 10_000
const FIRST_MS = 100
const LONGEST_MS = 10_000

export function replacementDelayMs(
  livedMs: number,
  quickDeaths: number,
): { readonly delayMs: number; readonly deaths: number } {
  if (livedMs >= LONG_ENOUGH_MS) return { delayMs: FIRST_MS, deaths: 0 }
  return {
    delayMs: Math.min(LONGEST_MS, FIRST_MS * 2 ** quickDeaths),
    deaths: Math.min(quickDeaths + 1, 20),
  }
}
