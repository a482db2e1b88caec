/**
 * Project teams: the id is that of the project, the answer one object, the body one person or a
 * list of them, also on DELETE. Source: www.myintervals.com/api/resource.php?r=projectteam
 */
import { ApiError } from './api-error.js'
import { checkFields } from './check-fields.js'
import type { Scene } from './scene.js'
import type { Fields } from './store.js'
import { table } from './table/table.js'
import type { Cell } from './table/resource.js'

export function teamOf(projectid: string, scene: Scene): Cell {
  if (scene.store.get('project', projectid) === undefined) {
    throw new ApiError(14, `projectteam ${projectid} could not be found`)
  }
  const members = scene.store.where('projectteam', 'projectid', projectid)
  return { projectid, personid: members.map((member) => member['personid'] ?? null) }
}

/** Adds the people of the body; who is on the team already gets the new securenotes. */
export function addToTeam(projectid: string, bodies: readonly Fields[], scene: Scene): Cell {
  const { store } = scene
  teamOf(projectid, scene)
  for (const fields of people(bodies, scene)) {
    const personid = fields['personid'] ?? ''
    const known = store
      .where('projectteam', 'projectid', projectid)
      .find((member) => member['personid'] === personid)
    const securenotes = fields['securenotes'] ?? known?.['securenotes'] ?? 'f'
    if (known === undefined) store.insert('projectteam', { projectid, personid, securenotes })
    else store.update('projectteam', known, { securenotes })
  }
  return teamOf(projectid, scene)
}

/** Takes the people of the body off the team. */
export function removeFromTeam(projectid: string, bodies: readonly Fields[], scene: Scene): Cell {
  const { store } = scene
  teamOf(projectid, scene)
  for (const { personid } of people(bodies, scene)) {
    const members = store.where('projectteam', 'projectid', projectid)
    const member = members.find((row) => row['personid'] === personid)
    if (member !== undefined) store.remove('projectteam', member.id)
  }
  return []
}

function people(bodies: readonly Fields[], scene: Scene): readonly Fields[] {
  const checked = bodies.map((body) => checkFields(table.projectteam, body, { scene }))
  if (checked.some((fields) => (fields['personid'] ?? '') === '')) {
    throw new ApiError(18, 'personid is required')
  }
  return checked
}
