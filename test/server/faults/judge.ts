/** What a consumer may see of a fault. */
import type { Test } from 'tap'
import type { Answer } from '../client.js'
import type { Fault } from './table.js'
import type { Way } from './ways.js'

export interface Seen {
  readonly seen: Answer | Error
  readonly way: Way
  readonly fault: Fault
  /** The body of the honest answer to the same request. */
  readonly honest: string
}

export type Verdict = 'problem' | 'brokenOff' | 'passed' | 'stale' | 'sentAgain'

/** What comes behind the head of an answer to HEAD is no part of it. */
export function isPassedHead({ outcome }: Fault, { request }: Way): boolean {
  return request.method === 'HEAD' && outcome.kind !== 'problem'
}

export function judge(t: Test, { seen, way, fault, honest }: Seen): Verdict {
  const { outcome, name } = fault
  if (seen instanceof Error) {
    const mayBreakOff = outcome.kind === 'broken' && !way.isBuffered && !isPassedHead(fault, way)
    t.match(seen, { code: 'ECONNRESET' }, `${name}: broken off`)
    t.ok(mayBreakOff, `${name}: there was something to break off`)
    return 'brokenOff'
  }
  if (isPassedHead(fault, way)) {
    const status = outcome.kind === 'problem' ? 502 : (outcome.status ?? 200)
    t.match(seen, { status, text: '' }, name)
    return 'passed'
  }
  if (way.hasStale === true && (outcome.kind !== 'passed' || outcome.status >= 500)) {
    t.match(seen, { status: 200, text: honest }, `${name}: what is stored`)
    t.match(seen.headers['cache-status'], /; (?:hit|fwd=)/, name)
    t.not(seen.headers['age'], undefined, `${name}: with its age`)
    return 'stale'
  }
  if (outcome.kind === 'passed') {
    t.equal(seen.status, outcome.status, `${name}: its status`)
    t.ok(seen.body.equals(Buffer.from(outcome.body)), `${name}: its bytes`)
    return 'passed'
  }
  isProblem(t, { seen, way, name, reasons: outcome.reasons })
  return 'problem'
}

export function isProblem(
  t: Test,
  told: {
    readonly seen: Answer
    readonly way: Pick<Way, 'format' | 'request'>
    readonly name: string
    readonly reasons: readonly string[]
  },
): void {
  const { seen, way, name, reasons } = told
  const status = reasons.includes('UPSTREAM_TIMEOUT') ? 504 : 502
  t.equal(seen.status, status, `${name}: ${status}`)
  t.match(seen.headers['content-type'], `application/${way.format}`, name)
  if (way.request.method === 'HEAD') return
  if (way.format === 'xml') {
    t.match(seen.text, '<source>intervals-proxy</source><error><code>20</code>', name)
    const reason = /<reason>(.*)<\/reason>/.exec(seen.text)?.[1] ?? ''
    t.ok(reasons.includes(reason), `${name}: ${reason}, and not ${reasons.join()}`)
    return
  }
  const body = JSON.parse(seen.text) as { source: string; error: { reason: string; code: number } }
  t.match(body, { source: 'intervals-proxy', error: { code: 20 } }, name)
  t.ok(reasons.includes(body.error.reason), `${name}: ${body.error.reason}, not ${reasons.join()}`)
}

/** Where the upstream is, and where we are, is nobody's business. */
const SECRETS =
  /127\.0\.0\.1|localhost|node_modules|\.invalid|:\d{4,5}\b(?!:)|\/work|\.[jt]s:\d|\bat [\w.]+ \(|node:/

export function noLeak(t: Test, { seen, name }: { seen: Answer; name: string }): void {
  const text = `${seen.rawHeaders.join('\n')}\n${seen.text}`
  t.notMatch(text, SECRETS, `${name}: no address`)
}
