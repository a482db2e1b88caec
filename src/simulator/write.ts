/**
 * Creates, updates and deletes. PUT and POST are the same: an id makes it an update.
 * Source: www.myintervals.com/api/introduction.php
 */
import { ApiError } from './api-error.js'
import { afterCreate, afterUpdate } from './after-write.js'
import type { WriteEffect } from './action-notes.js'
import { cascade } from './cascade.js'
import { checkFields } from './check-fields.js'
import { findRow, memberCells, rowsOf } from './list.js'
import { defaultsFor } from './new-row.js'
import type { Scene } from './scene.js'
import type { Fields } from './store.js'
import { listed, type Cell, type Resource } from './table/resource.js'

/** Resources with the number that people see. */
const withLocalid: ReadonlySet<string> = new Set(
  listed('client person project projectnote milestone task invoice'),
)

export function createMember(resource: Resource, body: Fields, effect: WriteEffect): Cell {
  const { scene } = effect
  const given = checkFields(resource, body, { scene })
  for (const name of resource.required) {
    if ((given[name] ?? '') === '') throw new ApiError(18, `${name} is required`)
  }
  const fields: Fields = {
    ...blankRow(resource),
    ...given,
    ...defaultsFor(resource.name, given, scene),
  }
  if (withLocalid.has(resource.name)) fields['localidunpadded'] = nextLocalid(resource, scene)
  const row = scene.store.insert(rowsOf(resource), fields)
  afterCreate(resource.name, row, effect)
  return memberCells(resource, row, scene)
}

export interface MemberWrite extends WriteEffect {
  readonly id: string
}

export function updateMember(
  resource: Resource,
  body: Fields,
  { scene, id, actionNotes }: MemberWrite,
): Cell {
  const row = findRow(resource, id, scene)
  const fields = checkFields(resource, body, { scene, row })
  for (const name of resource.required) {
    if (fields[name] === '' || fields[name] === null) throw new ApiError(18, `${name} is required`)
  }
  const before = { ...row }
  scene.store.update(rowsOf(resource), row, fields)
  afterUpdate(resource.name, row, { scene, actionNotes, before })
  return memberCells(resource, row, scene)
}

export function deleteMember(resource: Resource, id: string, scene: Scene): Cell {
  const row = findRow(resource, id, scene)
  if (resource.name === 'person' && row.id === scene.caller.id) {
    throw new ApiError(18, 'You cannot delete yourself')
  }
  if (resource.name === 'personcontact' && scene.role !== 'A') {
    if (row['personid'] !== scene.caller.id) throw new ApiError(10)
  }
  cascade(resource.name, row, scene)
  scene.store.remove(rowsOf(resource), row.id)
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

function nextLocalid(resource: Resource, { store }: Scene): string {
  const numbers = store.all(resource.name).map((row) => Number(row['localidunpadded']))
  return String(numbers.reduce((largest, number) => Math.max(largest, number), 0) + 1)
}
