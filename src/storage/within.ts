/** A commit that fails may never settle its transaction. */
export const COMMIT_WITHIN_MS = 5_000

/** @throws Error when the commit takes longer; what it does later is ignored */
export async function within<T>(commit: Promise<T>, ms = COMMIT_WITHIN_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no commit within ${ms / 1_000} s`)), ms)
  })
  try {
    return await Promise.race([commit, late])
  } finally {
    clearTimeout(timer)
  }
}
