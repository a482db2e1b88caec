/**
 * Which rows a caller sees. Administrators see all; the others see the projects whose team they
 * are on. How far a manager's sight really goes is not documented.
 */
import type { Scene } from './scene.js'
import type { Row } from './store.js'
import type { Resource } from './table/resource.js'
import { textOf } from './view.js'

export function visibilityOf(resource: Resource, scene: Scene): (row: Row) => boolean {
  const sees = resource.sees?.(scene)
  const inSight = scene.role === 'A' ? undefined : projectTest(resource, scene)
  if (sees === undefined) return inSight ?? (() => true)
  return inSight === undefined ? sees : (row) => sees(row) && inSight(row)
}

function projectTest(resource: Resource, scene: Scene): ((row: Row) => boolean) | undefined {
  const teams = scene.store.where('projectteam', 'personid', scene.caller.id)
  const projects = new Set(teams.map((team) => team['projectid']))
  if (resource.name === 'project') return (row) => projects.has(row.id)
  const hasProject =
    resource.fields.includes('projectid') || resource.derived['projectid'] !== undefined
  if (!hasProject) return undefined
  return (row) => {
    const projectid = textOf(resource.name, row, 'projectid', scene)
    return projectid === null || projects.has(projectid)
  }
}
