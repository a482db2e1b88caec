/**
 * A list with the rows of several others proves those that are still the same: each is compared, row by
 * row and in their order, with the rows that it would have now.
 */

import type { StoredResponse } from '../cache/stores/entry.js'
import type { Sibling } from './batch-filters.js'
import type { ResourceName } from '../cache/resources/resource-name.js'
import { fieldsOf, isFields, isPartOf, type Fields } from './rows.js'

/** What the list with the rows of all of them says. */
export interface JointList {
  /** Whether the list of this one id, stored a while ago, would be the same now. */
  proves(list: Pick<StoredResponse, 'status' | 'body'>, id: string): boolean
}

/** Undefined where it does not say all: not every row is there, or a row does not say whose it is. */
export function jointList(
  { status, body }: Pick<StoredResponse, 'status' | 'body'>,
  resource: ResourceName,
  { filter, page }: Pick<Sibling, 'filter' | 'page'>,
): JointList | undefined {
  const read = status === 200 ? readList(body, resource) : undefined
  if (read === undefined || read.rows.length !== read.count) return undefined
  const rowsOf = new Map<string, Fields[]>()
  for (const row of read.rows) {
    const own = row[filter]
    if (typeof own !== 'string' && !Number.isSafeInteger(own)) return undefined
    const rows = rowsOf.get(String(own))
    if (rows === undefined) rowsOf.set(String(own), [row])
    else rows.push(row)
  }
  return {
    proves(list, id) {
      const before = list.status === 200 ? readList(list.body, resource) : undefined
      const all = rowsOf.get(id)
      // Without rows there is nothing that shows that this id was looked for at all.
      if (before === undefined || all === undefined || before.count !== all.length) return false
      const rows = all.slice(page.offset, page.offset + page.limit)
      return (
        rows.length > 0 &&
        rows.length === before.rows.length &&
        isSame(before.envelope, read.envelope) &&
        before.rows.every((row, at) => isSame(row, rows[at] ?? {}))
      )
    },
  }
}

interface ReadList {
  /** But for the rows and their count. */
  readonly envelope: Fields
  readonly rows: readonly Fields[]
  /** Of all rows, those on other pages included. */
  readonly count: number
}

function readList(body: Buffer, resource: ResourceName): ReadList | undefined {
  const { [resource]: rows, listcount, ...envelope } = fieldsOf(body)
  const count = countOf(listcount)
  if (!Array.isArray(rows) || !rows.every(isFields) || count === undefined) return undefined
  return { envelope, rows, count }
}

function countOf(value: unknown): number | undefined {
  const isText = typeof value === 'string' && /^\d{1,9}$/u.test(value)
  const count = isText ? Number(value) : value
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

const isSame = (one: Fields, other: Fields): boolean =>
  Object.keys(one).length === Object.keys(other).length && isPartOf(one, other)

/** How many rows a stored list says there are, without parsing it; it stands before the rows. */
export function listedRows({ body }: Pick<StoredResponse, 'body'>): number | undefined {
  const head = body.toString('latin1', 0, 400)
  const found = /"listcount"\s*:\s*"?(\d{1,9})\b/u.exec(head)
  return found === null ? undefined : Number(found[1])
}
