/**
 * The rows that a caller sees. Administrators see all; the others see the projects whose team they
 * are on. What exactly a manager sees is not documented.
 */
import type { CallContext } from '../rows/call-context.js'
import type { Row } from '../rows/store.js'
import type { Resource } from '../table/resource.js'
import { textOf } from './field-values.js'

export function visibilityOf(resource: Resource, call: CallContext): (row: Row) => boolean {
  const sees = resource.sees?.(call)
  const inSight = call.role === 'A' ? undefined : projectTest(resource, call)
  if (sees === undefined) return inSight ?? (() => true)
  return inSight === undefined ? sees : (row) => sees(row) && inSight(row)
}

function projectTest(resource: Resource, call: CallContext): ((row: Row) => boolean) | undefined {
  const teams = call.store.where('projectteam', 'personid', call.caller.id)
  const projects = new Set(teams.map((team) => team['projectid']))
  if (resource.name === 'project') return (row) => projects.has(row.id)
  const hasProject =
    resource.fields.includes('projectid') || resource.derived['projectid'] !== undefined
  if (!hasProject) return undefined
  return (row) => {
    const projectid = textOf(resource.name, row, 'projectid', call)
    return projectid === null || projects.has(projectid)
  }
}
