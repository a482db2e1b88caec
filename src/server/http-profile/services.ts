/** What only this profile has: its store, and its calls that others may wait for. */

import { LRUCache } from 'lru-cache'
import type { Flights, HttpStore } from '../../cache/index.js'
import type { Services } from '../services.js'
import type { Filled } from './fill.js'

export interface HttpServices {
  readonly all: Services
  readonly store: HttpStore
  readonly flights: Flights<Filled>
  /** Targets whose answers could not be kept lately: nobody waits for those of others. */
  readonly unshareable: LRUCache<string, true>
}

const UNSHAREABLE_FOR_MS = 60_000

export function createHttpServices(all: Services, store: HttpStore): HttpServices {
  return {
    all,
    store,
    // Nobody else uses them in this profile; those who count and close them do not look inside.
    flights: all.flights as unknown as Flights<Filled>,
    unshareable: new LRUCache({ max: 10_000, ttl: UNSHAREABLE_FOR_MS }),
  }
}
