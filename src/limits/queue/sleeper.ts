/** One sleeper that can be woken: a timer, or `wake`, whichever comes first. */
export interface Sleeper {
  sleep(ms: number): Promise<void>
  wake(): void
}

export function createSleeper(): Sleeper {
  let wakeUp: (() => void) | undefined
  return {
    sleep(ms) {
      return new Promise((resolve) => {
        const timer = setTimeout(done, Math.max(1, Math.min(ms, 2 ** 31 - 1)))
        function done(): void {
          clearTimeout(timer)
          if (wakeUp === done) wakeUp = undefined
          resolve()
        }
        wakeUp = done
      })
    },
    wake() {
      wakeUp?.()
    },
  }
}
