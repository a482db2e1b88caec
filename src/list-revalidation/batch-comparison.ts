/**
 * A combined list proves which of its single lists are unchanged: each stored list is compared, row by row
 * and in order, with the rows that it would have now.
 */

import type { ResourceName, StoredResponse } from '../cache/index.js'
import type { FilteredList } from './batch-filters.js'
import { fieldsOf, isFields, isPartOf, type Fields } from './rows.js'

type ListAnswer = Pick<StoredResponse, 'status' | 'body'>

export interface CombinedList {
  /** Whether the list of this one id would be the same now as it was stored. */
  proves(list: ListAnswer, id: string): boolean
}

/** Undefined where it proves nothing: rows are missing, or a row lacks the id of its list. */
export function combinedList(
  { status, body }: ListAnswer,
  resource: ResourceName,
  { filter, page }: Pick<FilteredList, 'filter' | 'page'>,
): CombinedList | undefined {
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
      // Without rows nothing shows that the upstream looked for this id at all.
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
  /** All fields except the rows and their count. */
  readonly envelope: Fields
  readonly rows: readonly Fields[]
  /** Of all rows, including those on other pages. */
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

/** The row count that a stored list states, without parsing it; the count precedes the rows. */
export function listedRows({ body }: Pick<StoredResponse, 'body'>): number | undefined {
  const head = body.toString('latin1', 0, 400)
  const found = /"listcount"\s*:\s*"?(\d{1,9})\b/u.exec(head)
  return found === null ? undefined : Number(found[1])
}
