import type { Clock } from '../../src/limits/index.js'

/** The machine's clocks, for what has to wait. */
export const realClock: Clock = {
  bootId: 'this-boot',
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
}

/** Until it is true; fails after two seconds. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  const endMs = performance.now() + 2_000
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`${what} did not come true`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Timers and sockets of this process that keep it alive, by kind. */
export function activeCount(kind: string): number {
  return process.getActiveResourcesInfo().filter((one) => one === kind).length
}
