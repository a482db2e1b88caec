/**
 * Creates, updates and deletes rows. PUT and POST are interchangeable: an id makes the write an update.
 * Source: www.myintervals.com/api/introduction.php
 */
import { ApiError } from '../api-error.js'
import { afterCreate, afterDelete, afterUpdate } from './after-write.js'
import type { WriteEffect } from './action-notes.js'
import { cascade } from './cascade.js'
import { checkFields } from './check-fields.js'
import { findRow, memberCells, rowsOf } from '../reads/member.js'
import { defaultsFor } from './new-row.js'
import { readStop, stopTimer } from './timer-stop.js'
import type { CallContext } from '../rows/call-context.js'
import type { Fields, Row } from '../rows/store.js'
import { listed, type Cell, type Resource } from '../table/resource.js'

/** Resources with a number of their own besides the id. */
const withLocalid: ReadonlySet<string> = new Set(
  listed('client person project projectnote milestone task invoice'),
)

export function createMember(resource: Resource, body: Fields, effect: WriteEffect): Cell {
  const { call } = effect
  const given = checkFields(resource, body, { call })
  for (const name of resource.required) {
    if ((given[name] ?? '') === '') throw new ApiError(18, `${name} is required`)
  }
  const fields: Fields = {
    ...blankRow(resource),
    ...given,
    ...defaultsFor(resource.name, given, call),
  }
  if (withLocalid.has(resource.name)) fields['localidunpadded'] = nextLocalid(resource, call)
  const row = call.store.insert(rowsOf(resource), fields)
  afterCreate(resource.name, row, effect)
  return writtenCells(resource, row, call)
}

export interface MemberWrite extends WriteEffect {
  readonly id: string
}

export function updateMember(
  resource: Resource,
  body: Fields,
  { call, id, actionNotes }: MemberWrite,
): Cell {
  const row = findRow(resource, id, call)
  const stop = resource.name === 'timer' ? readStop(body, call) : { body, stops: false }
  const fields = checkFields(resource, stop.body, { call, row })
  for (const name of resource.required) {
    if (fields[name] === '' || fields[name] === null) throw new ApiError(18, `${name} is required`)
  }
  const updated = call.store.update(rowsOf(resource), row, fields)
  afterUpdate(rowsOf(resource), updated, { call, actionNotes, before: row })
  if (stop.stops) stopTimer(updated, call)
  return writtenCells(resource, row, call)
}

/** The answer shows the row after all effects of the write. */
function writtenCells(resource: Resource, { id }: Row, call: CallContext): Cell {
  const row = call.store.get(rowsOf(resource), id)
  return row === undefined ? [] : memberCells(resource, row, call)
}

export function deleteMember(resource: Resource, id: string, call: CallContext): Cell {
  const row = findRow(resource, id, call)
  if (resource.name === 'person' && row.id === call.caller.id) {
    throw new ApiError(18, 'You cannot delete yourself')
  }
  if (resource.name === 'personcontact' && call.role !== 'A') {
    if (row['personid'] !== call.caller.id) throw new ApiError(10)
  }
  cascade(resource.name, row, call)
  call.store.remove(rowsOf(resource), row.id)
  afterDelete(resource.name, row, call)
  return []
}

/** Settable columns of a new row: text is empty, a flag is f, the rest is null. */
function blankRow(resource: Resource): Fields {
  const blanks = Object.entries(resource.settable).map(([name, type]) => {
    if (type === 'str' || type === 'html') return [name, '']
    return [name, type === 'bool' ? 'f' : null]
  })
  return Object.fromEntries(blanks)
}

function nextLocalid(resource: Resource, { store }: CallContext): string {
  const numbers = store.all(resource.name).map((row) => Number(row['localidunpadded']))
  return String(numbers.reduce((largest, number) => Math.max(largest, number), 0) + 1)
}
