/** What a write does to the Intervals cache: which entries it invalidates, and when. */

import {
  invalidationScope,
  requestDirectives,
  requestHeader,
  translateIfMatch,
} from '../../../cache/index.js'
import type {
  Format,
  Generations,
  OpenWrite,
  StoredResponse,
  Writes,
} from '../../../cache/index.js'
import { ProblemError } from '../../errors/problems.js'
import type { HeaderRecord } from '../headers.js'
import type { ProxyRequest } from '../request.js'
import { resourceOf } from './intervals-reads.js'
import type { IntervalsReads } from './intervals-reads.js'
import type { Invalidation } from './profile.js'

export interface IntervalsInvalidationDeps {
  readonly reads: Pick<IntervalsReads, 'lookup'>
  readonly writes: Pick<Writes, 'begin'> & {
    readonly generations: Pick<Generations, 'isCurrent'>
  }
}

/** With these, Intervals has not carried out a write. */
const WITHOUT_EFFECT: ReadonlySet<number> = new Set([401, 403, 405, 429])

const FORMATS: readonly Format[] = ['json', 'xml', 'any', 'absent']

/** For each write, what it invalidates; undefined for reads. */
export function createIntervalsInvalidation({ reads, writes }: IntervalsInvalidationDeps) {
  /** Writes in flight by account and path. */
  const inFlight = new Map<string, number>()

  /** The current representations of the target that this credential may read. */
  async function newest(request: ProxyRequest): Promise<readonly StoredResponse[]> {
    const { generations } = writes
    const plain = { ...request, directives: requestDirectives({}) }
    const found = await Promise.all(
      FORMATS.map(async (format) => (await reads.lookup({ ...plain, format })).found),
    )
    return found
      .map((one) => (one.kind === 'miss' ? one.fallback?.entry : one.entry))
      .filter((entry) => entry !== undefined)
      .filter((entry) => generations.isCurrent(entry.account, entry.resource, entry.generation))
  }

  async function translate(request: ProxyRequest, place: string, headers: HeaderRecord) {
    const ifMatch = requestHeader(request.headers, 'if-match')
    if (ifMatch === undefined) return
    const entries = request.target.resource === undefined ? [] : await newest(request)
    const translated = translateIfMatch(ifMatch, entries)
    // Without tags of the upstream, a write in flight may be about to change what this one expects.
    const isOvertaken = translated.kind === 'remove' && inFlight.has(place)
    if (translated.kind === 'failed' || isOvertaken) throw new ProblemError('IF_MATCH_FAILED')
    if (translated.kind === 'remove') delete headers['if-match']
    else headers['if-match'] = translated.value
  }

  return (request: ProxyRequest): Invalidation | undefined => {
    const scope = invalidationScope(request.method, request.target)
    if (scope === undefined) return undefined
    const { account } = request.client
    const place = JSON.stringify([account, resourceOf(request), request.target.path])
    let write: OpenWrite | undefined
    async function finish(mayHaveChanged: boolean): Promise<void> {
      const ended = write
      write = undefined
      if (ended === undefined) return
      await ended.end(mayHaveChanged)
      const others = (inFlight.get(place) ?? 1) - 1
      if (others === 0) inFlight.delete(place)
      else inFlight.set(place, others)
    }
    return {
      async begin(headers) {
        await translate(request, place, headers)
        inFlight.set(place, (inFlight.get(place) ?? 0) + 1)
        try {
          write = await writes.begin(account, scope)
        } finally {
          if (write === undefined) inFlight.delete(place)
        }
      },
      async end({ executed, response }) {
        if (response === undefined) await finish(executed !== 'no')
      },
      completed: async ({ status }, isComplete) => {
        const isCertain = isComplete && WITHOUT_EFFECT.has(status) && !(await isBatch(request))
        await finish(!isCertain)
      },
    }
  }
}

/** Of an array of writes, some may have been carried out before the one that was refused. */
async function isBatch({ readBody }: ProxyRequest): Promise<boolean> {
  const body = await readBody()
  return body !== null && /^[\s\u00ef\u00bb\u00bf]*\[/u.test(body.toString('latin1', 0, 64))
}
