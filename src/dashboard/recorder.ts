/**
 * What the dashboard remembers: the history, the last requests, and the events. It collects the finished
 * requests once a second, so a request costs the dashboard nothing; and a failure of it stops nothing.
 */

import type { FastifyBaseLogger } from 'fastify'
import type { AdmissionQueue, Clock, Ledger } from '../limits/index.js'
import type { Events } from '../observability/events.js'
import { MAX_LAST } from '../observability/request-buffer.js'
import type { RequestRecorder } from '../observability/request-recorder.js'
import { createEventLog, noteOf } from './event-log.js'
import type { EventLog } from './event-log.js'
import { History } from './history/history.js'
import type { HistoryJournal } from './history/history-journal.js'
import type { RecentRequest } from './page/frame.js'
import { rowOf } from './request-row.js'

const SAMPLE_MS = 1_000
const SAMPLES_PER_FLUSH = 10

export interface Recorder {
  readonly history: History
  readonly events: Pick<EventLog, 'all' | 'version'>
  readonly keptIn: HistoryJournal['keptIn']
  /** Oldest first, after this number; in memory only, because a query may be personal. */
  requests(afterSeq?: number): readonly RecentRequest[]
  /** Takes what the core has recorded since the last call; done every second by itself. */
  collect(): void
  close(): Promise<void>
}

export interface RecorderOptions {
  readonly journal: HistoryJournal
  readonly requests: Pick<RequestRecorder, 'take' | 'restoreToday'>
  readonly ledger: Pick<Ledger, 'usage'>
  readonly queue: Pick<AdmissionQueue, 'usage'>
  readonly events: Pick<Events, 'subscribe'>
  readonly clock: Clock
  readonly log: FastifyBaseLogger
}

export function createRecorder(options: RecorderOptions): Recorder {
  const { journal, requests, ledger, queue, clock, log } = options
  const wallMs = (): number => clock.wallMs()
  const history = new History({ journal, nowMs: wallMs() })
  requests.restoreToday(history.sums(new Date(wallMs()).setUTCHours(0, 0, 0, 0)))
  const events = createEventLog(journal)
  let recent: readonly RecentRequest[] = []
  let seq = 0
  let isComplaining = false
  let writing: Promise<void> | undefined
  let samples = 0

  /** Logged once, until a write succeeds again. */
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

  function collect(): void {
    const nowMs = wallMs()
    const { groups, last, calls } = requests.take()
    history.add({ groups, calls }, nowMs)
    for (const { refusal, count } of groups) {
      if (refusal !== undefined) events.refused(refusal, count, nowMs)
    }
    if (last.length > 0) {
      recent = [...recent, ...last.map((one) => rowOf(one, ++seq))].slice(-MAX_LAST)
    }
  }

  function sample(): void {
    collect()
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
    history,
    events,
    keptIn: journal.keptIn,
    requests: (afterSeq = 0) => recent.filter((one) => one.seq > afterSeq),
    collect,
    async close() {
      clearInterval(timer)
      stopListening()
      collect()
      await write()
      await journal.close()
    },
  }
}
