/**
 * What somebody knows of before the ledger on Redis began, or began anew: a replica after a loss of data,
 * and a proxy that had a ledger of its own until now. Several may tell the same; the highest count is taken,
 * and what was charged since then is added to it.
 */

import type { JournalContents, PauseRecord, SlotRecord } from '../../limits/journal/journal.js'
import type { Clock, PauseReason } from '../../limits/ledger/types.js'
import type { WindowRules } from '../../limits/ledger/window.js'
import { dayField, spentField } from './ledger-mirror.js'
import type { Mirror, SharedPause } from './ledger-mirror.js'

/** A pause without its end, which is `leftMs` from now. */
export interface SeedPause extends Omit<SharedPause, 'untilMs' | 'probe'> {
  readonly leftMs: number | 'never'
}

export interface Seed {
  /** Fields of the script's hashes, and their counts. */
  readonly days: readonly (readonly [field: string, count: number])[]
  readonly spent: readonly (readonly [field: string, count: number])[]
  readonly pauses: readonly (readonly [scope: string, pause: SeedPause])[]
  /** Members that stand for requests of before, and for how long they may still count. */
  readonly slots: readonly (readonly [member: string, leftMs: number])[]
}

/** What this replica last heard; undefined if that is nothing. `nowMs` is monotonic. */
export function seedOf(mirror: Mirror, nowMs: number): Seed | undefined {
  if (!mirror.isKnown) return undefined
  const pauses = [...mirror.pauses].flatMap(([scope, { untilMs, probe: _probe, ...pause }]) => {
    const leftMs = untilMs === 'never' ? untilMs : untilMs - mirror.redisNow(nowMs)
    return leftMs === 'never' || leftMs > 0 ? [[scope, { ...pause, leftMs }] as const] : []
  })
  // The quarantine is longer than any slot.
  return { days: [...mirror.days], spent: [...mirror.spent()], pauses, slots: [] }
}

/** The books of a ledger that one process had to itself, and who spent what of its last days. */
export interface EarlierLedger extends Pick<JournalContents, 'days' | 'slots' | 'pauses'> {
  readonly spent: readonly {
    readonly account: string
    readonly day: string
    readonly consumer: string
    readonly calls: number
  }[]
}

/** What is left of it now. */
export function seedOfEarlier(
  { days, slots, pauses, spent }: EarlierLedger,
  options: {
    readonly clock: Clock
    readonly window: WindowRules
    /** The first day that may still be charged, YYYY-MM-DD. */
    readonly oldestDay: string
    readonly toShared: (scope: string) => string
  },
): Seed {
  const { clock, window, oldestDay, toShared } = options
  return {
    days: days
      .filter(({ day }) => day >= oldestDay)
      .map(({ account, day, taken }) => [dayField(account, day), taken]),
    spent: summed(spent.filter(({ day }) => day >= oldestDay)),
    pauses: pauses.flatMap(({ pause }) => {
      const leftMs = leftOfPause(pause, clock)
      if (leftMs !== 'never' && leftMs <= 0) return []
      const { scope, reason, sinceWallMs, durationMs, strikes, detail } = pause
      const shared: SeedPause = {
        reason: reason as PauseReason,
        sinceMs: sinceWallMs,
        durationMs: durationMs ?? 'never',
        strikes,
        detail,
        leftMs,
      }
      return [[toShared(scope), shared] as const]
    }),
    slots: [...slots].flatMap(([index, slot]) => {
      const leftMs = leftOfSlot(slot, clock, window)
      return leftMs > 0 ? [[`before:${slot.wallMs}:${index}`, leftMs] as const] : []
    }),
  }
}

function summed(spent: EarlierLedger['spent']): Seed['spent'] {
  const sums = new Map<string, number>()
  for (const { account, day, consumer, calls } of spent) {
    const field = spentField(account, day, consumer)
    sums.set(field, calls + (sums.get(field) ?? 0))
  }
  return [...sums]
}

function leftOfPause(pause: PauseRecord['pause'], clock: Clock): number | 'never' {
  return pause.untilWallMs === null ? 'never' : pause.untilWallMs - clock.wallMs()
}

/** Of another boot, and so long ago: it does not count any more, however the clock was set meanwhile. */
const OTHER_BOOT_TRUST_MS = 600_000

/** As slot-book.ts restores it: a request whose end is not known may count until a whole hold from now. */
function leftOfSlot(slot: SlotRecord, clock: Clock, window: WindowRules): number {
  const { windowMs, marginMs, lostMarginMs } = window
  const holdMs = windowMs + marginMs
  const isThisBoot = slot.bootId !== null && slot.bootId === clock.bootId
  if (isThisBoot && slot.endedAtMs !== null) {
    return slot.endedAtMs + holdMs + (slot.lost ? lostMarginMs : 0) - clock.monotonicMs()
  }
  const ageMs = clock.wallMs() - slot.wallMs
  return !isThisBoot && ageMs > OTHER_BOOT_TRUST_MS + holdMs ? 0 : holdMs + lostMarginMs
}
