/**
 * Lists that differ in nothing but one id, and the one list that has the rows of all of them: Intervals
 * documents filters that take several ids, `projectid=3,5,11`.
 */

import type { ResourceName } from '../cache/resources/resource-name.js'
import type { Target } from '../cache/resources/target.js'

/**
 * Filters that take several ids and have one id of each row in the field of the same name. So none that
 * looks elsewhere (`personid` of tasks asks for a team), or at fields with several ids (`assigneeid`).
 */
export const JOINT_FILTERS = {
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

/** A list as one of those that differ from it in one id. */
export interface Sibling {
  /** What they have in common: a JSON array, to be told apart only within one resource. */
  readonly family: string
  readonly filter: string
  readonly id: string
  readonly page: Page
  /** Parameters but for that filter and the page, in normal form. */
  readonly others: readonly string[]
}

export interface Page {
  readonly limit: number
  readonly offset: number
}

/** What Intervals documents for a list without `limit`. */
const DEFAULT_LIMIT = 10

/** Once for each filter that could take several ids; none for what is no such list. */
export function siblingsOf({ resource, id, query }: Target): readonly Sibling[] {
  if (resource === undefined || id !== undefined || !Object.hasOwn(JOINT_FILTERS, resource))
    return []
  const filters: readonly string[] = JOINT_FILTERS[resource as keyof typeof JOINT_FILTERS]
  const parameters = new Map<string, string>()
  for (const parameter of query) {
    const [, name, value] = /^([a-z]+)=([^;]*)$/u.exec(parameter) ?? []
    // What two readers could take for two things is left alone.
    if (name === undefined || value === undefined || parameters.has(name)) return []
    parameters.set(name, value)
  }
  const page = pageOf(parameters)
  if (page === undefined) return []
  return filters.flatMap((filter): readonly Sibling[] => {
    const own = parameters.get(filter)
    if (own === undefined || !/^[1-9]\d{0,14}$/u.test(own)) return []
    const others = [...parameters]
      .filter(([name]) => name !== filter && name !== 'limit' && name !== 'offset')
      .map(([name, value]) => `${name}=${value}`)
    const family = JSON.stringify([filter, page.limit, page.offset, ...others])
    return [{ family, filter, id: own, page, others }]
  })
}

/** Undefined: nobody knows what it means; `limit=0` may be all rows, or none. */
function pageOf(parameters: ReadonlyMap<string, string>): Page | undefined {
  const { limit = String(DEFAULT_LIMIT), offset = '0' } = Object.fromEntries(parameters)
  if (!/^[1-9]\d{0,9}$/u.test(limit) || !/^\d{1,10}$/u.test(offset)) return undefined
  return { limit: Number(limit), offset: Number(offset) }
}

/** The request-target of the list with the rows of all these, if there are no more than `limit`. */
export function jointTarget(
  resource: ResourceName,
  { filter, others }: Pick<Sibling, 'filter' | 'others'>,
  { ids, limit }: { readonly ids: readonly string[]; readonly limit: number },
): string {
  return `/${resource}/?${[...others, `${filter}=${ids.join(',')}`, `limit=${limit}`].join('&')}`
}
