/** One row, by its id. */
import { ApiError } from '../api-error.js'
import type { CallContext } from '../rows/call-context.js'
import type { ResourceName } from '../rows/resource-names.js'
import type { Row } from '../rows/store.js'
import type { Cell, Resource } from '../table/resource.js'
import { cellsOf } from './row-cells.js'
import { visibilityOf } from './visibility.js'

/** `me` shows a row of `person`. */
export function rowsOf(resource: Resource): ResourceName {
  return resource.name === 'me' ? 'person' : resource.name
}

/** The row of this id, if the caller can see it; code 14 otherwise. */
export function findRow(resource: Resource, id: string, call: CallContext): Row {
  const row = call.store.get(rowsOf(resource), id)
  if (row === undefined || !visibilityOf(resource, call)(row)) {
    throw new ApiError(14, `${resource.name} ${id} could not be found`)
  }
  return row
}

export function memberCells(resource: Resource, row: Row, call: CallContext): Cell {
  return cellsOf(resource, row, { call, isList: false })
}
