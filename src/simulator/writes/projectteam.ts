/**
 * Project teams: the id is the project's, the answer is one object, and the body (also of a DELETE) is
 * one person or a list. Source: www.myintervals.com/api/resource.php?r=projectteam
 */
import { ApiError } from '../api-error.js'
import { checkFields } from './check-fields.js'
import type { CallContext } from '../rows/call-context.js'
import type { Fields } from '../rows/store.js'
import { table } from '../table/table.js'
import type { Cell } from '../table/resource.js'

export function teamOf(projectid: string, call: CallContext): Cell {
  if (call.store.get('project', projectid) === undefined) {
    throw new ApiError(14, `projectteam ${projectid} could not be found`)
  }
  const members = call.store.where('projectteam', 'projectid', projectid)
  return { projectid, personid: members.map((member) => member['personid'] ?? null) }
}

/** Adds the people of the body; existing members get the new securenotes. */
export function addToTeam(projectid: string, bodies: readonly Fields[], call: CallContext): Cell {
  const { store } = call
  teamOf(projectid, call)
  for (const fields of people(bodies, call)) {
    const personid = fields['personid'] ?? ''
    const known = store
      .where('projectteam', 'projectid', projectid)
      .find((member) => member['personid'] === personid)
    const securenotes = fields['securenotes'] ?? known?.['securenotes'] ?? 'f'
    if (known === undefined) store.insert('projectteam', { projectid, personid, securenotes })
    else store.update('projectteam', known, { securenotes })
  }
  return teamOf(projectid, call)
}

/** Removes the people of the body from the team. */
export function removeFromTeam(
  projectid: string,
  bodies: readonly Fields[],
  call: CallContext,
): Cell {
  const { store } = call
  teamOf(projectid, call)
  for (const { personid } of people(bodies, call)) {
    const members = store.where('projectteam', 'projectid', projectid)
    const member = members.find((row) => row['personid'] === personid)
    if (member !== undefined) store.remove('projectteam', member.id)
  }
  return []
}

function people(bodies: readonly Fields[], call: CallContext): readonly Fields[] {
  const checked = bodies.map((body) => checkFields(table.projectteam, body, { call }))
  if (checked.some((fields) => (fields['personid'] ?? '') === '')) {
    throw new ApiError(18, 'personid is required')
  }
  return checked
}
