/** A notice on the terminal while something takes longer than a moment. */
import type { Context } from '../context.js'

/** A shorter wait needs no notice. */
const SILENT_FOR_MS = 2_000
const EVERY_MS = 1_000

/** Wait for `work`, and from the third second on say what for and since when. */
export async function waitFor<T>(
  { note }: Pick<Context, 'note'>,
  what: string,
  work: Promise<T>,
): Promise<T> {
  if (note === undefined) return work
  let seconds = SILENT_FOR_MS / 1_000
  let every: NodeJS.Timeout | undefined
  const say = (): void => note(`${what}: ${seconds++} s`)
  const first = setTimeout(() => {
    say()
    every = setInterval(say, EVERY_MS)
  }, SILENT_FOR_MS)
  try {
    return await work
  } finally {
    clearTimeout(first)
    clearInterval(every)
    if (every !== undefined) note('')
  }
}
