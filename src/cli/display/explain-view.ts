/** What `explain` shows: what would happen in one line, what it costs in the next, and what decided it. */
import type { Static } from 'typebox'
import type { HttpBypassReason, Outcome, UncacheableReason } from '../../cache/index.js'
import type { EXPLANATION } from '../../server/admin/schemas/explain.js'
import type { HOLD_UPS } from '../../server/admin/admission-forecast.js'
import { span } from '../../report/human-format.js'
import { printable } from '../../observability/printable.js'
import { columns, wrapped } from './layout.js'
import type { Paint } from './paint.js'

type Word =
  | Extract<Outcome, 'uri-miss' | 'vary-miss' | 'stale' | 'request' | 'invalidated'>
  | UncacheableReason
  | HttpBypassReason
  | (typeof HOLD_UPS)[number]
  | 'not-stored'
  | 'credential-refused'

/** The words of `why`, `cache` and `heldBy`. */
const WORDS: Readonly<Record<Word, string>> = {
  'uri-miss': 'nothing is stored for it',
  'vary-miss': 'something is stored, but for other headers',
  stale: 'the cache entry is too old',
  request: 'the cache entry is older than the request allows',
  invalidated: 'a write has invalidated the cache entry',
  method: 'only GET and HEAD are cached',
  body: 'a request with a body is never cached',
  range: 'a part of an answer is never cached',
  precondition: 'its condition is for Intervals to judge',
  'no-authorization': 'a request without a token is never cached',
  'no-store': 'it says Cache-Control: no-store',
  'image-format': 'images are never cached',
  'unknown-resource': 'this is no resource that the proxy knows, so it is never cached',
  'unknown-path': 'this is no path that the proxy knows, so it is never cached',
  'never-cached-resource': 'this resource changes all the time, so it is never cached',
  'timer-parameters': 'a list of timers with these parameters changes all the time',
  'tasknote-without-taskid': 'without taskid it means the last seven days, which move',
  'not-stored': 'it says only-if-cached, and nothing that would do is stored',
  'credential-refused': 'Intervals refused this token a moment ago',
  overloaded: 'the proxy has more to do than it can',
  'ledger-unavailable': 'nothing can be counted now, so nothing leaves',
  paused: 'the proxy pauses',
  'day-spent': 'the day is spent',
  'wait-too-long': 'it would wait longer than limits.queue.maxWait',
  'window-full': 'the minute is full',
  queue: 'others are before it',
  turn: 'it is the turn of others',
  closing: 'the proxy is stopping',
  'day-kept': 'the rest of the day is kept for writes or other clients',
  'queue-full': 'the queue is full',
  quota: 'Intervals is asked first how many calls are left',
}

export type Explanation = Static<typeof EXPLANATION>

export interface Asked {
  readonly path: string
  readonly accept: string
  /** Whether a token or key was given to explain it for. */
  readonly hasCredential: boolean
}

const COLOURS = {
  hit: 'good',
  stale: 'good',
  joined: 'good',
  fetched: 'warn',
  validated: 'warn',
  forwarded: 'warn',
  refused: 'bad',
} as const satisfies Readonly<Record<Explanation['answer'], keyof Paint>>

export function explanationLines(
  found: Explanation,
  { asked, paint, columns: width }: { asked: Asked; paint: Paint; columns: number },
): string[] {
  const { answer, why, consumer } = found
  const colour = paint[COLOURS[answer]]
  const rows = [
    ['path', printable(asked.path)],
    ['accept', asked.accept],
    ...(consumer === undefined ? [] : [['asked by', printable(consumer)]]),
    ...resourceRows(found),
    ...storedRows(found),
  ]
  const suggestion =
    found.hint === undefined ? [] : wrapped(`Hint: ${printable(found.hint)}`, width)
  const hint = asked.hasCredential
    ? []
    : [
        '',
        ...wrapped(
          'Explained for a request without a token. A stored answer is for the token that fetched it: name that one with --credential env:NAME or file:PATH.',
          width,
        ).map(paint.dim),
      ]
  return [
    paint.bold(colour(answer)) + `: ${sentenceOf(why)}`,
    ...wrapped(costOf(found), width),
    ...suggestion,
    '',
    ...columns(rows),
    ...hint,
  ]
}

/** The sentence, with the word of the headers, metrics and logs behind it. */
const sentenceOf = (word: string): string =>
  Object.hasOwn(WORDS, word) ? `${WORDS[word as Word]} (${word})` : printable(word)

function costOf({ answer, calls, waitSeconds = 0, heldBy, detail, cache }: Explanation): string {
  if (answer === 'refused') {
    const parts = [
      'costs no call',
      ...(detail === undefined ? [] : [printable(detail)]),
      ...(cache === undefined ? [] : [`it would need one: ${sentenceOf(cache)}`]),
    ]
    return parts.join('; ')
  }
  if (answer === 'joined') return 'costs no call of its own: the same is being fetched already'
  if (calls === 0) return `costs no call${detail === undefined ? '' : `; ${printable(detail)}`}`
  if (answer === 'stale') return 'costs 1 call, in the background'
  if (waitSeconds === 0) return 'costs 1 call, which leaves at once'
  const why = heldBy === undefined ? '' : `: ${sentenceOf(heldBy)}`
  return `costs 1 call, which waits about ${span(waitSeconds * 1_000)}${why}${detail === undefined ? '' : `, ${printable(detail)}`}`
}

function resourceRows({
  resource,
  format,
  ttlSeconds,
  staleSeconds,
  share,
}: Explanation): string[][] {
  if (resource === undefined || ttlSeconds === undefined) return []
  const stale = staleSeconds ? `, then stale for ${span(staleSeconds * 1_000)}` : ''
  const whose = share === 'account' ? 'all tokens of the account' : 'the token that fetched it'
  return [
    ['resource', `${resource}${format === undefined ? '' : `, ${format}`}`],
    ['kept', `fresh for ${span(ttlSeconds * 1_000)}${stale}; for ${whose}`],
  ]
}

function storedRows({ ageSeconds, freshForSeconds, variesBy = [] }: Explanation): string[][] {
  if (ageSeconds === undefined || freshForSeconds === undefined) return []
  const left = span(Math.abs(freshForSeconds) * 1_000)
  return [
    [
      'stored',
      `${span(ageSeconds * 1_000)} ago, ${freshForSeconds > 0 ? `fresh for ${left} more` : `stale for ${left}`}`,
    ],
    ...(variesBy.length === 0 ? [] : [['varies by', variesBy.join(', ')]]),
  ]
}
