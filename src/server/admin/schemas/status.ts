/** What /-/status answers; see ../build-status.ts. */

import { Type } from 'typebox'
import type { TProperties } from 'typebox'
import { HEALTH_CODES } from '../../../report/health.js'
import { FRESHNESS_MODES } from '../../../freshness/index.js'
import { page } from './page.js'

const closed = <Shape extends TProperties>(shape: Shape, description?: string) =>
  Type.Object(shape, {
    additionalProperties: false,
    ...(description !== undefined && { description }),
  })

const count = (description: string) => Type.Integer({ minimum: 0, description })
const seconds = (description: string) => Type.Number({ minimum: 0, description })
const time = (description: string) => Type.String({ format: 'date-time', description })
const orNull = <Of extends ReturnType<typeof time> | ReturnType<typeof seconds>>(of: Of) =>
  Type.Union([of, Type.Null()])

const minute = closed(
  {
    used: count('Requests that count against the window now.'),
    max: count('limits.minute.max.'),
    ceiling: count('How much of max is used; less after Intervals has refused too early.'),
    inFlight: count('Of used, those that have no answer yet.'),
    windowSeconds: seconds('limits.minute.window.'),
    resetSeconds: seconds('Until the next place of the window is free; 0: now.'),
    paused: Type.Boolean({ description: 'Whether everything is held; see pauses.' }),
  },
  'The limit per minute of this address.',
)

const day = closed(
  {
    account: Type.String({ description: 'A name in accounts, or default.' }),
    day: Type.String({ description: 'The UTC day, such as 2026-03-10.' }),
    used: count('Requests of this day, those that others spent too.'),
    max: count('The limit of the account; 6000 while it is unknown.'),
    reserve: count('Requests left for those who go past the proxy.'),
    kept: closed(
      {
        consumers: count('For consumers with a share.'),
        interactive: count('limits.day.keepForInteractive.'),
        writes: count('limits.day.keepForWrites.'),
      },
      'Requests that are kept now.',
    ),
    perHour: count('Calls per hour, over this hour and the last.'),
    lastsUntil: orNull(time('When the day is spent at this rate; null: not before it ends.')),
    reset: time('When the next day begins.'),
    quotaRead: orNull(time('When Intervals was last asked how much is used; null: not yet.')),
    paused: Type.Boolean({ description: 'Whether the account is held; see pauses.' }),
  },
  'The limit per day of one account.',
)

const shape = closed(
  {
    shape: Type.String({
      description: 'Resource and parameter names, or single rows: what is learnt together.',
    }),
    looks: count('Comparisons with a newer answer; they fade with a half-life of a day.'),
    changesPerDay: seconds('Estimated changes that did not come through this proxy.'),
    ttlSeconds: seconds('The ttl of the configuration.'),
    ttlSecondsNow: orNull(seconds('The ttl in use; null: not used since the start.')),
  },
  'How often answers of this shape change.',
)

const pacedAccount = closed(
  {
    account: Type.String({ description: 'A name in accounts, or default.' }),
    priceSeconds: seconds('Seconds of expected staleness that justify one call.'),
    stretchedSince: orNull(
      time('Since when entries are kept past their ttl so that the day lasts; null: they are not.'),
    ),
    keptTimes: seconds('Mean of the ttl in use divided by the ttl of the configuration.'),
    longestSeconds: seconds('The longest ttl in use.'),
    mandatoryLeft: orNull(
      seconds('Expected calls of the rest of the day that no longer ttl can save.'),
    ),
    spareLeft: Type.Union([Type.Number(), Type.Null()], {
      description:
        'Calls that are left for answers past their ttl; below 0: the mandatory calls are too many.',
    }),
    shapes: Type.Array(shape, { description: 'The 50 that were requested last.' }),
  },
  'How the calls of one account are spent.',
)

const today = closed(
  {
    since: time('Midnight UTC.'),
    requests: count('Requests for Intervals that have ended.'),
    saved: count('Of these, those that needed no call of their own: hit, stale and joined.'),
    calls: count('Calls that were sent, refreshes behind stale answers included.'),
    ways: closed(
      {
        hit: count('Stored and fresh.'),
        stale: count('Stored and stale: refreshed behind, or better than no answer.'),
        joined: count('Shared the call of another request.'),
        fetched: count('Reads that needed a call, and whose answer may be stored.'),
        passed: count('Reads that never go through the cache.'),
        write: count('Writes.'),
        refused: count('Refused by the proxy.'),
        failed: count('Intervals failed, or could not be reached.'),
      },
      'What became of the requests.',
    ),
  },
  'What this proxy was asked today.',
)

const health = closed(
  {
    status: Type.Enum(['ok', 'degraded', 'down'], {
      description: 'down: a request that needs a call cannot be answered now.',
    }),
    reasons: Type.Array(
      closed({
        code: Type.Enum([...HEALTH_CODES], { description: 'What keeps the proxy from its work.' }),
        since: time('When it began.'),
        message: Type.String({ description: 'The same for a person, with figures.' }),
      }),
      { description: 'The most serious first.' },
    ),
  },
  'Whether the proxy can do its work.',
)

const pause = closed({
  scope: Type.String({ description: 'window: everything. account:NAME: one account.' }),
  reason: Type.String({ description: 'Why, such as too-fast, day-over, suspended or by-hand.' }),
  since: time('When it began.'),
  leftSeconds: orNull(seconds('How long it lasts; null: until somebody resumes it.')),
  untilResumed: Type.Boolean({ description: 'Whether it ends by POST /-/resume only.' }),
  refusals: count('Refusals by Intervals, one after the other.'),
  detail: Type.Optional(Type.String({ description: 'What Intervals, or who paused it, said.' })),
})

const consumer = closed({
  consumer: Type.String({ description: 'Its name.' }),
  account: Type.String({ description: 'Its account; empty where it only waits so far.' }),
  spentToday: count('Calls of this UTC day.'),
  shareOfDay: Type.Union([count('What its share of the day comes to.'), Type.Null()], {
    description: 'null: it has none.',
  }),
  keptForIt: count('Of its share, what is kept for it now.'),
  waiting: count('Requests in the queue.'),
  lastUsed: Type.Union([time('When its last request ended.'), Type.Null()], {
    description: 'null: none since the process started.',
  }),
})

export const STATUS = closed(
  {
    version: Type.String(),
    uptimeSeconds: count('Since the process started.'),
    now: time('The clock of this machine.'),
    health,
    budgets: closed({ minute, day: Type.Array(day) }),
    today,
    pauses: Type.Array(pause),
    queue: closed({
      waiting: closed(
        {
          write: count('Writes.'),
          interactive: count('Reads that somebody waits for.'),
          background: count('Reads that nobody waits for.'),
        },
        'Requests in the queue, by priority.',
      ),
      oldestWaitSeconds: seconds('How long the oldest of them has waited.'),
      maxLength: count('limits.queue.maxLength.'),
    }),
    cache: closed({
      entries: count('Stored answers in memory.'),
      bytes: count('Their size.'),
      maxBytes: count('cache.maxSize.'),
      flights: count('Calls that are out and that others may wait for.'),
      overridden: Type.Union([
        Type.Null(),
        closed(
          {
            since: time('When it happened first.'),
            resources: Type.Array(Type.String(), { description: 'Names of the resources.' }),
            directives: Type.Array(Type.String(), {
              description: 'Headers, such as Vary: origin.',
            }),
          },
          'Resources stored although headers of Intervals forbid it; see cache.upstreamDirectives. null: none.',
        ),
      ]),
    }),
    freshness: closed(
      {
        mode: Type.Enum([...FRESHNESS_MODES], { description: 'cache.freshness.' }),
        accounts: Type.Array(pacedAccount, { description: 'Empty in mode fixed.' }),
      },
      'How long answers are fresh, and why.',
    ),
    upstream: closed({
      url: Type.String({ description: 'upstream.url.' }),
      clockOffsetMs: Type.Union([Type.Integer(), Type.Null()], {
        description: 'The clock of Intervals minus that of this machine; null: not known yet.',
      }),
    }),
    consumers: Type.Array(consumer, {
      description: 'Those in the configuration, those who wait, and those who spent most today.',
    }),
  },
  'The state of the proxy. Later versions may add to it.',
)

export const STATUS_PAGE = page({
  id: 'status',
  tag: 'state',
  summary: 'Budgets, queue, cache, pauses and consumers',
  answer: STATUS,
})
