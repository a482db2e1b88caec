/** GET, POST, PUT and DELETE on one resource, once the caller is known. */
import { ApiError } from '../api-error.js'
import { readBody } from '../formats/read-body.js'
import { listAnswer } from '../reads/list.js'
import { findRow, memberCells } from '../reads/member.js'
import type { CallContext } from '../rows/call-context.js'
import type { Fields } from '../rows/store.js'
import type { Cell, Resource, Verb } from '../table/resource.js'
import { addToTeam, removeFromTeam, teamOf } from '../writes/projectteam.js'
import { createMember, deleteMember, updateMember } from '../writes/write.js'
import type { Answer, ApiRequest } from './answer.js'
import { downloadOf } from './download.js'
import type { Target } from './target.js'

export interface Operation {
  readonly request: ApiRequest
  readonly resource: Resource
  readonly target: Target
  readonly call: CallContext
}

export type Result =
  | { readonly status: number; readonly content: Cell; readonly listcount?: number | undefined }
  | { readonly download: Answer }

/** Throws ApiError for everything that Intervals refuses. */
export function carryOut(operation: Operation): Result {
  const { request, resource, target, call } = operation
  const verb = verbOf(request.method)
  const contentType = request.headers['content-type']
  const bodies = verb === 'GET' ? [] : readBody({ contentType, body: request.body })
  const isTeam = resource.name === 'projectteam'
  const id = idOf(operation, verb, isTeam ? undefined : bodies[0]?.['id'])
  const action = actionOf(verb, id)
  checkRole(resource, action, call)
  if (action === 'GET') return isTeam ? readTeam(operation, id) : read(operation, id)
  if (action !== 'POST') {
    if (id === undefined) throw new ApiError(16, `${verb} needs an id`)
    if (target.segments.length > 2) throw new ApiError(15)
  }
  return isTeam
    ? writeTeam(action, { id, bodies: teamBodies(operation, action, bodies), call })
    : writeMember(action, { operation, id, body: bodies[0] ?? {} })
}

export function verbOf(method: string): Verb {
  if (method === 'GET' || method === 'POST' || method === 'PUT' || method === 'DELETE')
    return method
  throw new ApiError(16, method)
}

/** PUT and POST are interchangeable: an id, wherever it is, makes the write an update. */
function actionOf(verb: Verb, id: string | undefined): Verb {
  if (verb !== 'POST' && verb !== 'PUT') return verb
  return id === undefined ? 'POST' : 'PUT'
}

/** The id in the path, or among the parameters where it is no filter, or in the body. */
function idOf(
  { resource, target, call }: Operation,
  verb: Verb,
  bodyId: string | null | undefined,
): string | undefined {
  const inPath = target.segments[1]
  if (inPath !== undefined) return inPath
  if (resource.name === 'me' && verb === 'PUT') return call.caller.id
  if (isTeamByQuery(resource, verb, call)) return target.query.get('projectid')
  if (resource.filters['id'] === undefined && target.query.has('id')) return target.query.get('id')
  return bodyId === null || bodyId === '' ? undefined : bodyId
}

function isTeamByQuery(resource: Resource, verb: Verb, { settings }: CallContext): boolean {
  return resource.name === 'projectteam' && verb === 'DELETE' && settings.teamByQuery
}

function checkRole(resource: Resource, verb: Verb, { role, settings }: CallContext): void {
  const extra = settings.extraWrites.includes(resource.name) ? 'A' : undefined
  const isOwnRow = resource.name === 'me' && verb === 'PUT' && settings.meWrites
  const allowed = resource.verbs[verb] ?? (isOwnRow ? 'AMRE' : extra)
  if (allowed === undefined) throw new ApiError(16, `${verb} ${resource.name}`)
  if (!allowed.includes(role)) throw new ApiError(10, `${verb} ${resource.name}`)
}

function read({ resource, target, call }: Operation, id: string | undefined): Result {
  if (id === undefined) {
    const { listcount, rows } = listAnswer(resource, target.query, call)
    return { status: 200, listcount, content: rows }
  }
  if (resource.collectionOnly === true) throw new ApiError(15, `${resource.name} has no members`)
  if (target.segments.length === 3 && resource.name === 'document') {
    if (target.segments[2] !== 'download') throw new ApiError(15)
    return { download: downloadOf(findRow(resource, id, call), call.settings) }
  }
  if (target.segments.length > 2) throw new ApiError(15)
  for (const name of target.query.keys()) {
    const isKnown = name === 'id' || Object.hasOwn(resource.filters, name)
    if (!isKnown && call.settings.unknownFilters === 'refused') throw new ApiError(17, name)
  }
  return { status: 200, content: memberCells(resource, findRow(resource, id, call), call) }
}

function readTeam({ target, call }: Operation, id: string | undefined): Result {
  if (id !== undefined) return { status: 200, content: teamOf(id, call) }
  for (const name of target.query.keys()) if (name !== 'projectid') throw new ApiError(17, name)
  const projectid = target.query.get('projectid') ?? ''
  if (projectid === '') throw new ApiError(18, 'projectid is required')
  return { status: 200, content: teamOf(projectid, call) }
}

/** The person of `DELETE /projectteam/?projectid=&personid=` is a parameter. */
function teamBodies(
  { resource, target, call }: Operation,
  verb: Verb,
  bodies: readonly Fields[],
): readonly Fields[] {
  const personid = target.query.get('personid')
  return isTeamByQuery(resource, verb, call) && personid !== undefined ? [{ personid }] : bodies
}

interface TeamWrite {
  /** The id of the project; a POST has it in the body. */
  readonly id: string | undefined
  readonly bodies: readonly Fields[]
  readonly call: CallContext
}

function writeTeam(action: Exclude<Verb, 'GET'>, { id, bodies, call }: TeamWrite): Result {
  const projectid = id ?? bodies[0]?.['projectid'] ?? ''
  if (projectid === '') throw new ApiError(18, 'projectid is required')
  const people = bodies.map(({ projectid: _project, ...person }) => person)
  if (action === 'DELETE') return { status: 200, content: removeFromTeam(projectid, people, call) }
  return { status: action === 'POST' ? 201 : 202, content: addToTeam(projectid, people, call) }
}

interface MemberWrite {
  readonly operation: Operation
  /** Always there unless the action is POST. */
  readonly id: string | undefined
  readonly body: Fields
}

function writeMember(action: Exclude<Verb, 'GET'>, { operation, id = '', body }: MemberWrite) {
  const { request, resource, call } = operation
  const actionNotes = request.headers['x-intervals-disable-action-notes'] !== 't'
  switch (action) {
    case 'POST':
      return { status: 201, content: createMember(resource, body, { call, actionNotes }) }
    case 'PUT':
      return { status: 202, content: updateMember(resource, body, { call, id, actionNotes }) }
    case 'DELETE':
      return { status: 200, content: deleteMember(resource, id, call) }
    default:
      action satisfies never
      throw new TypeError(`Expected a verb that writes, got ${String(action)}`)
  }
}
