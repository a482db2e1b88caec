/** Watches what the proxy does, and remembers it for the dashboard. A failure of it stops nothing. */

import type { FastifyBaseLogger } from 'fastify'
import type { AdmissionQueue, Clock, Ledger } from '../limits/index.js'
import type { Events } from '../observability/events.js'
import { answeredOf } from './answered.js'
import type { Answered, AnsweredElsewhere, Asked, Ended } from './answered.js'
import { createAnsweredLately } from './answered-lately.js'
import type { AnsweredNames } from './answered-lately.js'
import { createEventLog, noteOf } from './event-log.js'
import type { EventLog, Note } from './event-log.js'
import { History } from './history/history.js'
import type { HistoryJournal } from './history/journal.js'
import type { RecentRequest } from './page/frame.js'
import { createRing } from './ring.js'

/** Requests that are remembered one by one; in memory only, since a query may be personal. */
export const MAX_REQUESTS = 500
const SAMPLE_MS = 1_000
const SAMPLES_PER_FLUSH = 10

export interface Recorder {
  readonly history: History
  readonly events: Pick<EventLog, 'all' | 'version'>
  readonly keptIn: HistoryJournal['keptIn']
  /** At the end of every request. */
  answered(request: Asked, reply: Ended): void
  /** The same for a hit, under names that are the same object each time; told with the next look. */
  answeredHit(names: AnsweredNames, request: Asked, reply: Ended): void
  /** The same for what another process has answered, see answered-lately.ts. */
  answeredElsewhere(answered: AnsweredElsewhere): void
  /** A call was charged to a day (1), or given back unsent (-1). */
  called(change: 1 | -1): void
  note(note: Note): void
  /** Oldest first; those after this one. */
  requests(afterSeq?: number): readonly RecentRequest[]
  /** Looks how it stands, and sometimes writes; done every second by itself. */
  tick(): Promise<void>
  close(): Promise<void>
}

export interface RecorderOptions {
  readonly journal: HistoryJournal
  readonly ledger: Pick<Ledger, 'usage'>
  readonly queue: Pick<AdmissionQueue, 'usage'>
  readonly events: Pick<Events, 'subscribe'>
  readonly clock: Clock
  readonly log: FastifyBaseLogger
}

export function createRecorder(options: RecorderOptions): Recorder {
  const { journal, ledger, queue, clock, log } = options
  const wallMs = (): number => clock.wallMs()
  const history = new History({ journal, nowMs: wallMs() })
  const events = createEventLog(journal)
  const recent = createRing<RecentRequest>(MAX_REQUESTS)
  const hits = createAnsweredLately(wallMs, MAX_REQUESTS)
  let seq = 0
  let isComplaining = false
  let writing: Promise<void> | undefined
  let samples = 0

  function remember({ resource: _resource, refusal: _refusal, ...shown }: Answered): void {
    recent.add({ seq: ++seq, ...shown })
  }

  /** Once until it works again. */
  function complain(error: unknown): void {
    if (!isComplaining) log.error({ err: error }, 'the history of the dashboard has a gap')
    isComplaining = true
  }

  /** One at a time: a slow disk must not be written to twice. */
  async function write(): Promise<void> {
    await writing
    writing = writeAll()
    await writing
    writing = undefined
  }

  async function writeAll(): Promise<void> {
    try {
      await history.flush(wallMs())
      await events.flush()
      isComplaining = false
    } catch (error) {
      complain(error)
    }
  }

  function answeredElsewhere({ groups, last }: AnsweredElsewhere): void {
    history.answeredElsewhere(groups, wallMs())
    for (const one of last) remember(one)
  }

  function tellHits(): void {
    answeredElsewhere(hits.take())
  }

  function sample(): void {
    tellHits()
    const { window, days } = ledger.usage()
    const { waiting } = queue.usage()
    const inQueue = waiting.write + waiting.interactive + waiting.background
    history.sampled({ waiting: inQueue, held: window.held, days }, wallMs())
  }

  async function tick(): Promise<void> {
    try {
      sample()
    } catch (error) {
      complain(error)
    }
    samples++
    if (samples % SAMPLES_PER_FLUSH === 0 && writing === undefined) await write()
  }

  const stopListening = options.events.subscribe((event) => events.add(noteOf(event), wallMs()))
  const timer = setInterval(() => void tick(), SAMPLE_MS)
  timer.unref()

  return {
    get history() {
      tellHits()
      return history
    },
    events,
    keptIn: journal.keptIn,
    answered(request, reply) {
      const nowMs = wallMs()
      const one = answeredOf(request, reply, nowMs)
      if (one === undefined) return
      // They came before.
      tellHits()
      history.answered(one, nowMs)
      if (one.refusal !== undefined) events.refused(one.refusal, nowMs)
      remember(one)
    },
    answeredHit: hits.answeredHit,
    answeredElsewhere,
    called: (change) => history.called(change, wallMs()),
    note: (note) => events.add(note, wallMs()),
    requests(afterSeq = 0) {
      tellHits()
      return recent.all().filter((one) => one.seq > afterSeq)
    },
    tick,
    async close() {
      clearInterval(timer)
      stopListening()
      sample()
      await write()
      await journal.close()
    },
  }
}
