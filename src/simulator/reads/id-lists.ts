/** Filters with several ids, and what they mean in each variant. */
import { ApiError } from '../api-error.js'
import type { IdListMeaning } from '../dialects/variants.js'
import { csvOf } from '../rows/store.js'
import type { Filter, Resource } from '../table/resource.js'

export interface SeveralIds {
  readonly filter: Filter
  readonly ids: readonly string[]
}

/** The first filter of a list that has several ids. */
export function severalIdsIn(
  resource: Resource,
  parameters: ReadonlyMap<string, string>,
): SeveralIds | undefined {
  for (const [name, value] of parameters) {
    const filter = Object.hasOwn(resource.filters, name) ? resource.filters[name] : undefined
    if (filter === undefined || !takesIds(filter)) continue
    const ids = csvOf(value)
    if (ids.length > 1) return { filter, ids }
  }
  return undefined
}

function takesIds(filter: Filter): boolean {
  return filter.kind === 'ids' || (filter.kind === 'rule' && filter.type === 'ids')
}

/** The ids that count; undefined: the filter is ignored. Throws ApiError 18 if it is refused. */
export function effectiveIds(
  name: string,
  value: string,
  meaning: IdListMeaning,
): string | undefined {
  const ids = csvOf(value)
  if (ids.length < 2) return value
  switch (meaning) {
    case 'ignored':
      return undefined
    case 'refused':
      throw new ApiError(18, `${name} is not valid`)
    case 'truncated':
      return ids.slice(0, Math.ceil(ids.length / 2)).join(',')
    case 'all':
    case 'reordered':
    case 'unanswered':
      return value
    default:
      meaning satisfies never
      throw new TypeError(`Expected \`idLists\` to be a known meaning, got ${String(meaning)}`)
  }
}
