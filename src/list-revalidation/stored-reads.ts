/** What revalidating rows and revalidating lists have in common. */

import { keyHead } from '../cache/index.js'
import type { StoredResponse } from '../cache/index.js'
import type { IntervalsRead } from '../server/pipeline/profiles/intervals-reads.js'
import type { ProxyRequest } from '../server/pipeline/request.js'

/** Lists and rows of one resource that may prove each other: same credential or account, same format. */
export const placeOf = (
  { account, principal }: Pick<ProxyRequest['client'], 'account' | 'principal'>,
  { share, format, resource }: Pick<IntervalsRead, 'share' | 'format' | 'resource'>,
): string => keyHead({ account, principal, share, format }) + resource

/** Something is stored, but too old, or invalidated by a write: a comparison may show that it still holds. */
export const isOutdated = ({ format, varyFields, found }: IntervalsRead): boolean =>
  format === 'json' &&
  // Places and keys of lists do not tell such answers apart.
  varyFields.length === 0 &&
  (found.kind === 'stale' ||
    (found.kind === 'miss' && (found.reason === 'stale' || found.reason === 'invalidated')))

/** The stored answer with the times and the generation of the answer that proved it. */
export const renewedBy = (
  { generation, storedAtMs, freshUntilMs, staleUntilMs }: StoredResponse,
  stored: StoredResponse,
): StoredResponse =>
  Object.freeze({ ...stored, generation, storedAtMs, freshUntilMs, staleUntilMs })
