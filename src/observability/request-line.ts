/** A request as one line for a person: what it got, how long it took, and why. */

import type { Outcome } from '../cache/index.js'
import { DEFAULT_ACCOUNT } from '../config/sections/accounts-section.js'
import { duration, span } from '../report/human-format.js'
import { printable } from './printable.js'

/** What the log has of a request, made by `fieldsOf` in request-record.ts. Undefined ones are left out. */
export interface RequestFields {
  readonly reqId: string
  readonly method: string
  readonly path: string
  /** null: nothing of an answer was sent. */
  readonly status: number | null
  readonly ms: number
  readonly outcome: Outcome
  readonly consumer?: string | undefined
  readonly account?: string | undefined
  readonly peer?: string | undefined
  /** Short hashes, by which requests with the same token, and for the same entry, are found. */
  readonly token?: string | undefined
  readonly key?: string | undefined
  readonly ttlSeconds?: number | undefined
  readonly fwdStatus?: number | undefined
  readonly stored?: boolean | undefined
  readonly collapsed?: boolean | undefined
  readonly detail?: string | undefined
  readonly priority?: string | undefined
  /** Number of the permit; without one no call was made. */
  readonly permit?: number | undefined
  readonly queuedMs?: number | undefined
  readonly upstreamMs?: number | undefined
  readonly upstreamStatus?: number | undefined
  readonly isCut?: boolean | undefined
}

const MEANINGS = {
  hit: 'hit',
  'stale-while-revalidate': 'stale, refreshed behind',
  'served-on-error': 'stored answer, since Intervals failed',
  'served-on-refusal': 'stored answer, since no call could be made',
  'uri-miss': 'miss',
  'vary-miss': 'miss: stored for other headers',
  invalidated: 'miss: a write has overtaken what was stored',
  stale: 'miss: what was stored is too old',
  request: 'miss: a younger answer was wanted',
  bypass: 'not cached',
  method: 'write',
  replayed: 'answer of the first, nothing sent',
  refused: 'refused',
  abandoned: 'gone before there was an answer',
} as const satisfies Readonly<Record<Outcome, string>>

/** The colours of pino-pretty, or none. */
export interface Paint {
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly red: (text: string) => string
  readonly gray: (text: string) => string
}

/** `200  1.4 s  GET /client  miss, stored for 10 min; waited 1.2 s, Intervals took 38 ms; report` */
export function requestLine(fields: RequestFields, paint: Paint): string {
  const { method, path, status, ms } = fields
  const code = status === null ? '---' : String(status)
  const time = duration(ms).padStart(7)
  const why = [cameOf(fields), costOf(fields), whoOf(fields)].filter((part) => part !== '')
  const head = `${paint[colourOf(status)](code)} ${time}  ${method} ${printable(path)}`
  return `${head}  ${paint.gray(why.join('; '))}`
}

function colourOf(status: number | null): 'green' | 'yellow' | 'red' {
  if (status === null || status >= 500) return 'red'
  return status >= 400 ? 'yellow' : 'green'
}

function cameOf(fields: RequestFields): string {
  const { outcome, ttlSeconds, stored, collapsed, detail, isCut } = fields
  const parts = [
    // The detail of some outcomes only repeats them.
    detail === undefined || detail === outcome
      ? MEANINGS[outcome]
      : `${MEANINGS[outcome]} (${detail})`,
    stored === true &&
      `stored${ttlSeconds === undefined ? '' : ` for ${span(ttlSeconds * 1_000)}`}`,
    outcome === 'hit' && ttlSeconds !== undefined && `fresh for ${span(ttlSeconds * 1_000)}`,
    collapsed === true && 'shared the call of an equal request',
    isCut === true && outcome !== 'abandoned' && 'the connection was cut',
  ]
  return parts.filter((part) => part !== false).join(', ')
}

/** What was waited for; empty if no call was made. */
function costOf(fields: RequestFields): string {
  const { permit, priority, queuedMs = 0, upstreamMs, upstreamStatus, status } = fields
  if (permit === undefined) return ''
  const said =
    upstreamStatus === undefined || upstreamStatus === status ? '' : ` with ${upstreamStatus}`
  const parts = [
    queuedMs >= 1 && `waited ${duration(queuedMs)} as ${priority ?? 'interactive'}`,
    upstreamMs !== undefined &&
      (upstreamStatus === undefined
        ? `no answer from Intervals after ${duration(upstreamMs)}`
        : `Intervals answered${said} in ${duration(upstreamMs)}`),
  ]
  return parts.filter((part) => part !== false).join(', ')
}

function whoOf({ consumer, account = DEFAULT_ACCOUNT, peer = '' }: RequestFields): string {
  if (consumer === undefined) return `from ${peer}`
  return printable(account === DEFAULT_ACCOUNT ? consumer : `${consumer} of ${account}`)
}
