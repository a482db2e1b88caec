/** Of `/-/explain`, what may be answered from the cache: as a read would be, see proxy/read.ts. */

import type { IncomingHttpHeaders } from 'node:http'
import { requestDirectives } from '../../cache/index.js'
import type { Lookup } from '../../cache/index.js'
import { provenRead } from '../proxy/proven.js'
import { foundAfterFailures, lateOf, LATE_WAIT_MS } from '../proxy/fallback.js'
import { look } from '../proxy/read.js'
import type { Services } from '../services.js'
import { calling, type HoldUp } from './admission-forecast.js'

type Read = Parameters<typeof look>[2] & { readonly consumer: string }

export async function explainRead(
  services: Services,
  asked: {
    readonly headers: IncomingHttpHeaders
    readonly read: Read
    readonly held: HoldUp | undefined
  },
) {
  const { headers, read, held } = asked
  const stored = await look(services, { headers }, read)
  const { key, resource, format, found } = await provenRead(
    services,
    { headers },
    { exchange: read, read: stored },
  )
  const { ttlMs, staleMs, share } = services.policies[resource]
  const about = {
    resource,
    format,
    consumer: read.consumer,
    token: read.principal.shortHash,
    ttlSeconds: ttlMs / 1_000,
    staleSeconds: staleMs / 1_000,
    share,
  }
  const isOut = isUnderWay(services, { key, read })
  const late = lateOf({ found })
  const served = foundAfterFailures(services, { key, found })
  switch (served.kind) {
    case 'hit':
      return { ...about, answer: 'hit', why: 'stored and fresh', calls: 0, ...timesOf(served) }
    case 'stale': {
      const unrefreshed = whyUnrefreshed()
      const age = late === undefined ? 'stale' : 'late'
      const why = `stored and ${age}: served, ${unrefreshed ?? 'and refreshed behind'}`
      const calls = unrefreshed === undefined ? 1 : 0
      return { ...about, answer: 'stale', why, calls, ...timesOf(served) }
    }
    case 'miss':
      return { ...about, ...missed(served) }
    default:
      return served satisfies never
  }

  function whyUnrefreshed(): string | undefined {
    if (isOut) return 'and a refresh is under way'
    if (services.refreshCooldown.has(key)) return 'and not refreshed: that failed a moment ago'
    return held?.isRefused === true
      ? `and not refreshed: no call can be made (${held.by})`
      : undefined
  }

  function missed({ reason, fallback }: Extract<Lookup, { kind: 'miss' }>) {
    if (requestDirectives(headers).onlyIfCached) {
      return { answer: 'refused', why: 'not-stored', cache: reason, calls: 0 }
    }
    if (isOut) return { answer: 'joined', why: reason, calls: 0 }
    const isTooLong = late !== undefined && (held?.waitSeconds ?? 0) * 1_000 > LATE_WAIT_MS
    if (fallback === undefined || held === undefined || !(held.isRefused || isTooLong))
      return calling(held, 'fetched', reason)
    const wanted = late === undefined ? 'a younger one is wanted' : 'stored and late'
    const why = `${wanted}, and no call can be made (${held.by}): what is stored is served`
    return { answer: 'stale', why, detail: held.detail, calls: 0, ...timesOf(fallback) }
  }
}

/** Whether a call is out, or waits to go, whose answer would be that of this request too. */
function isUnderWay(
  { flights, generations, purges }: Services,
  { key, read }: { readonly key: string; readonly read: Read },
): boolean {
  const generation = generations.generation(read.account, read.cacheability.resource)
  return flights.isCurrent(`${purges.count()} ${key}`, generation)
}

const timesOf = ({
  ageSeconds,
  ttlSeconds: freshForSeconds,
}: {
  readonly ageSeconds: number
  readonly ttlSeconds: number
}) => ({ ageSeconds, freshForSeconds })
