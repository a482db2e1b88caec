/** Callers who always have one call waiting, as long as they are let; a proxy that is away is asked again. */

import { setTimeout as wait } from 'node:timers/promises'
import type { Pair } from './pair.js'

export const CALLERS = 150
const CONSUMERS = 5

export function startCallers(pair: Pair): { stop(): void } {
  let isStopped = false
  const caller = async (consumer: string): Promise<void> => {
    while (!isStopped) {
      try {
        await pair.call({ consumer }).status
      } catch {
        await wait(200)
      }
    }
  }
  for (let at = 0; at < CALLERS; at++) void caller(`consumer-${at % CONSUMERS}`)
  return { stop: () => void (isStopped = true) }
}
