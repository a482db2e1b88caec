/** Query and answer of /-/explain; see ../explain.ts and ../../pipeline/explain.ts. */

import { Type } from 'typebox'
import { HOLD_UPS } from '../admission-forecast.js'
import { page } from './page.js'

const ANSWERS = ['hit', 'stale', 'joined', 'fetched', 'validated', 'forwarded', 'refused'] as const

const optional = {
  text: (description: string) => Type.Optional(Type.String({ description })),
  number: (description: string) => Type.Optional(Type.Number({ description })),
}

export const EXPLANATION = Type.Object(
  {
    path: Type.String({ description: 'As it was asked for.' }),
    answer: Type.Enum([...ANSWERS], {
      description:
        'hit: from the cache. stale: from the cache, and refreshed behind. joined: the answer to a call that is under way. fetched: from Intervals, and stored. validated: Intervals is asked whether it changed. forwarded: from Intervals, not stored. refused: by the proxy.',
    }),
    why: Type.String({ description: 'The reason, as in detail= of Cache-Status or in words.' }),
    calls: Type.Integer({ minimum: 0, maximum: 1, description: 'What it would spend.' }),
    waitSeconds: optional.number('How long it would wait in the queue now.'),
    heldBy: Type.Optional(
      Type.Enum([...HOLD_UPS], { description: 'Why it would wait; of a refusal it is in why.' }),
    ),
    detail: optional.text('The same for a person.'),
    cache: optional.text('Of a refusal: why a call is needed, as in why otherwise.'),
    hint: optional.text('What to ask instead: another Accept, or the resource that was meant.'),
    resource: optional.text('What kind of thing it is about.'),
    format: optional.text('What Accept asks for.'),
    profile: Type.Optional(Type.Literal('http')),
    consumer: optional.text('Who asks.'),
    token: optional.text('A short hash of the token, as in the log.'),
    ttlSeconds: optional.number('How long such an answer is fresh.'),
    staleSeconds: optional.number('How long after that it may be served stale.'),
    share: Type.Optional(Type.Enum(['credential', 'account'], { description: 'Who shares it.' })),
    overridden: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'Headers of Intervals against which this resource is stored; see cache.upstreamDirectives.',
      }),
    ),
    ageSeconds: optional.number('Age of the stored answer.'),
    freshForSeconds: optional.number('How long it is fresh yet; below 0 it is stale.'),
    freshness: Type.Optional(
      Type.Enum(['paced', 'saving'], { description: 'cache.freshness; absent in mode fixed.' }),
    ),
    freshForSecondsNow: optional.number('The ttl in use at the present price of a call.'),
    priceSeconds: optional.number('Seconds of expected staleness that justify one call.'),
    changesPerDay: optional.number(
      'Estimated changes of such answers behind the back of the proxy.',
    ),
    looks: optional.number('Comparisons that the estimate is made of.'),
    expectedStaleSeconds: optional.number(
      'For how long the stored answer has been out of date on average, by that estimate.',
    ),
    variesBy: Type.Optional(Type.Array(Type.String(), { description: 'Headers that select it.' })),
  },
  { additionalProperties: false, description: 'What would happen, and why.' },
)

export const EXPLAIN_PAGE = page({
  id: 'explain',
  tag: 'state',
  summary: 'What would happen to a GET, and why',
  description: 'Spends nothing and stores nothing. Cache-Control of the request is looked at too.',
  query: Type.Object({
    path: Type.String({ description: 'Path and query of the GET, such as /task/?limit=10.' }),
  }),
  headers: Type.Object({
    'x-explain-authorization': optional.text(
      'Authorization of the request to explain, where the admin token is in Authorization.',
    ),
    'x-explain-accept': optional.text('Accept of the request to explain.'),
  }),
  answer: EXPLANATION,
})
