// Calls held open by the test: they start when the code starts them, and end when the test says so.

import type { FlightHandle } from '../../src/cache/index.js'

interface Call {
  readonly flight: FlightHandle
  readonly result: Promise<string>
  readonly resolve: (value: string) => void
  readonly reject: (error: Error) => void
}

export interface Calls {
  readonly start: (flight: FlightHandle) => Promise<string>
  started(): number
  /** Resolves once so many calls have been started; no later than the pending microtasks run out. */
  count(wanted: number): Promise<void>
  signal(index: number): AbortSignal
  /** The call leaves, under this generation. */
  send(index: number, generation: number): void
  resolve(index: number, value: string): void
  reject(index: number, error: Error): void
  /** Resolves when what the call led to has run. */
  settled(index: number): Promise<void>
}

export function createCalls(): Calls {
  const calls: Call[] = []
  const call = (index: number): Call => {
    const found = calls[index]
    if (found === undefined) throw new Error(`call ${index} of ${calls.length} was not started`)
    return found
  }
  return {
    start(flight) {
      let [resolve, reject]: [Call['resolve'], Call['reject']] = [() => {}, () => {}]
      const result = new Promise<string>((onValue, onError) => {
        resolve = onValue
        reject = onError
      })
      calls.push({ flight, result, resolve, reject })
      return result
    },
    started: () => calls.length,
    async count(wanted) {
      await new Promise(setImmediate)
      if (calls.length !== wanted) throw new Error(`${calls.length} calls instead of ${wanted}`)
    },
    signal: (index) => call(index).flight.signal,
    send: (index, generation) => call(index).flight.commit(generation),
    resolve: (index, value) => call(index).resolve(value),
    reject: (index, error) => call(index).reject(error),
    async settled(index) {
      await call(index).result.catch(() => undefined)
      await new Promise(setImmediate)
    },
  }
}
