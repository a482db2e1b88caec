/**
 * Lists that differ in nothing but one id, and the combined list with the rows of all of them: Intervals
 * documents filters that take several ids, `projectid=3,5,11`.
 */

import type { ResourceName, Target } from '../cache/index.js'

/**
 * Filters that take several ids, and whose id every row has in a field of the same name. Not in the table:
 * filters that match another field (`personid` of tasks asks for a team), and fields with several ids
 * (`assigneeid`).
 */
export const BATCH_FILTERS = {
  document: ['projectid', 'personid'],
  expense: ['projectid', 'personid'],
  invoice: ['projectid', 'clientid'],
  milestone: ['projectid', 'clientid'],
  project: ['clientid', 'managerid'],
  projectmodule: ['projectid'],
  projectnote: ['projectid', 'clientid'],
  projectworktype: ['projectid'],
  task: ['projectid', 'clientid', 'milestoneid', 'moduleid', 'priorityid', 'statusid'],
  tasknote: ['taskid'],
  time: ['projectid', 'clientid', 'moduleid', 'personid', 'taskid', 'worktypeid'],
} as const satisfies Readonly<Partial<Record<ResourceName, readonly string[]>>>

/** A list, seen as one of a family whose members differ in the id of one filter. */
export interface FilteredList {
  /** What the members have in common, as a JSON array; unique within one resource. */
  readonly family: string
  readonly filter: string
  readonly id: string
  readonly page: Page
  /** The other parameters without the page, in normal form. */
  readonly others: readonly string[]
}

export interface Page {
  readonly limit: number
  readonly offset: number
}

/** What Intervals documents for a list without `limit`. */
const DEFAULT_LIMIT = 10

/** One for each filter that could take several ids; none if the target is no such list. */
export function filteredListsOf({ resource, id, query }: Target): readonly FilteredList[] {
  if (resource === undefined || id !== undefined || !Object.hasOwn(BATCH_FILTERS, resource))
    return []
  const filters: readonly string[] = BATCH_FILTERS[resource as keyof typeof BATCH_FILTERS]
  const parameters = new Map<string, string>()
  for (const parameter of query) {
    const [, name, value] = /^([a-z]+)=([^;]*)$/u.exec(parameter) ?? []
    // Ambiguous queries are left alone: the upstream may read them differently.
    if (name === undefined || value === undefined || parameters.has(name)) return []
    parameters.set(name, value)
  }
  const page = pageOf(parameters)
  if (page === undefined) return []
  return filters.flatMap((filter): readonly FilteredList[] => {
    const own = parameters.get(filter)
    if (own === undefined || !/^[1-9]\d{0,14}$/u.test(own)) return []
    const others = [...parameters]
      .filter(([name]) => name !== filter && name !== 'limit' && name !== 'offset')
      .map(([name, value]) => `${name}=${value}`)
    const family = JSON.stringify([filter, page.limit, page.offset, ...others])
    return [{ family, filter, id: own, page, others }]
  })
}

/** Undefined: its meaning is not documented; `limit=0` may be all rows, or none. */
function pageOf(parameters: ReadonlyMap<string, string>): Page | undefined {
  const { limit = String(DEFAULT_LIMIT), offset = '0' } = Object.fromEntries(parameters)
  if (!/^[1-9]\d{0,9}$/u.test(limit) || !/^\d{1,10}$/u.test(offset)) return undefined
  return { limit: Number(limit), offset: Number(offset) }
}

/** The request-target of the combined list: all rows of these ids, up to `limit`. */
export function batchTarget(
  resource: ResourceName,
  { filter, others }: Pick<FilteredList, 'filter' | 'others'>,
  { ids, limit }: { readonly ids: readonly string[]; readonly limit: number },
): string {
  return `/${resource}/?${[...others, `${filter}=${ids.join(',')}`, `limit=${limit}`].join('&')}`
}
