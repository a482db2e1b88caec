/** Events of the dashboard: pauses, refusals, budgets, health, purges. The last 500, also on disk. */

import type { PurgeSelection } from '../cache/index.js'
import type { StateEvent } from '../observability/events.js'
import { headline } from '../report/health.js'
import type { HistoryJournal } from './history/history-journal.js'
import type { Level, LoggedEvent } from './page/frame.js'

export const MAX_EVENTS = 500
/** Refusals with the same code within this time are one event. */
const TOGETHER_MS = 60_000

export type Note = Omit<LoggedEvent, 'id' | 'at'>

export interface EventLog {
  add(note: Note, nowMs: number): void
  /** The proxy refused requests itself; refusals of one code in one minute are one line. */
  refused(code: string, requests: number, nowMs: number): void
  /** Oldest first; with a version, only events that are new or changed since. */
  all(afterVersion?: number): readonly LoggedEvent[]
  /** Counts changes. */
  version(): number
  flush(): Promise<void>
}

interface Kept {
  event: LoggedEvent
  version: number
}

export function createEventLog(journal: HistoryJournal): EventLog {
  const kept = new Map<number, Kept>()
  const refusals = new Map<string, { id: number; sinceMs: number; count: number }>()
  const changed = new Set<number>()
  let lastId = 0
  let version = 0

  for (const event of journal.events()) {
    kept.set(event.id, { event, version })
    lastId = Math.max(lastId, event.id)
  }

  function put(event: LoggedEvent): void {
    version++
    kept.set(event.id, { event, version })
    changed.add(event.id)
    for (const id of kept.keys()) {
      if (kept.size <= MAX_EVENTS) break
      kept.delete(id)
      changed.delete(id)
    }
  }

  return {
    add: (note, nowMs) => put({ id: ++lastId, at: nowMs, ...note }),
    refused(code, requests, nowMs) {
      const running = refusals.get(code)
      const isSame = running !== undefined && Math.abs(nowMs - running.sinceMs) < TOGETHER_MS
      const one = isSame ? running : { id: ++lastId, sinceMs: nowMs, count: 0 }
      one.count += requests
      refusals.set(code, one)
      const level: Level = code.startsWith('upstream-') ? 'bad' : 'warn'
      const times = one.count === 1 ? '1 request' : `${one.count} requests`
      const title = `${times} refused: ${code}`
      put({ id: one.id, at: one.sinceMs, level, title, detail: '' })
    },
    all: (afterVersion = -1) =>
      [...kept.values()].filter((one) => one.version > afterVersion).map(({ event }) => event),
    version: () => version,
    async flush() {
      const ids = [...changed]
      if (ids.length === 0) return
      changed.clear()
      const events = ids.flatMap((id) => kept.get(id)?.event ?? [])
      try {
        await journal.putEvents(events)
      } catch (error) {
        for (const id of ids) changed.add(id)
        throw error
      }
      await journal.removeEventsBefore(lastId - MAX_EVENTS + 1)
    },
  }
}

const REASONS: Readonly<Record<string, string>> = {
  'too-fast': 'too many requests in a minute',
  'day-exceeded': 'the day is spent',
  suspended: 'the account is suspended',
  banned: 'the address is banned',
  unpaid: 'the account is unpaid',
}

const scopeName = (scope: string): string =>
  scope === 'window' ? 'everything' : scope.replace(/^account:/u, 'account ')

/** A change of state as a line. */
export function noteOf(event: StateEvent): Note {
  if (event.event === 'paused') {
    const { scope, reason, seconds, detail } = event
    const byHand = reason === 'by-hand'
    const title = byHand
      ? `paused by hand: ${scopeName(scope)}`
      : `Intervals refused, ${scopeName(scope)} pauses: ${REASONS[reason] ?? reason}`
    const end = seconds === null ? 'until a person resumes' : `for ${seconds} s`
    return { level: byHand ? 'warn' : 'bad', title, detail: `${end}; ${detail}` }
  }
  if (event.event === 'health') return healthNote(event)
  if (event.event === 'purged') return purgeNote(event.selection, event.purged)
  if (event.event === 'resumed') {
    const by = event.by === 'hand' ? 'by hand' : 'Intervals answers again'
    return { level: 'good', title: `resumed: ${scopeName(event.scope)}`, detail: by }
  }
  const { account, consumer, percent, used, max, lastsUntil } = event
  const whose = consumer === null ? `the day of ${account}` : `${consumer}’s share of the day`
  return {
    level: percent >= 80 ? 'warn' : 'info',
    title: `${percent} % of ${whose} are spent`,
    detail:
      lastsUntil === null
        ? `${used} of ${max}`
        : `${used} of ${max}; at this rate it lasts until ${lastsUntil}`,
  }
}

function healthNote({ code, message }: Extract<StateEvent, { event: 'health' }>): Note {
  if (message === null) return { level: 'good', title: `over: ${code}`, detail: '' }
  const [title, detail] = headline({ message })
  return { level: 'bad', title, detail }
}

function purgeNote(selection: PurgeSelection, purged: number): Note {
  const { account, resource, path, soft = false } = selection
  const what = path ?? resource ?? 'everything'
  const where = account === undefined ? '' : ` of account ${account}`
  return {
    level: 'info',
    title: `purged by hand: ${what}${where}`,
    detail: `${purged} stored answers ${soft ? 'are to be checked again' : 'dropped'}`,
  }
}
