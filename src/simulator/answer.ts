/** From a request to an answer: who asks, what for, may he, and what it then says. */
import type { IncomingHttpHeaders } from 'node:http'
import { ApiError, type ApiCode } from './api-error.js'
import { readBody } from './body.js'
import { downloadOf } from './download.js'
import { errorContent, renderEnvelope, type Envelope } from './envelope.js'
import { findRow, listAnswer, memberCells } from './list.js'
import { formatFor } from './negotiate.js'
import type { SimulatorSettings } from './options.js'
import { addToTeam, removeFromTeam, teamOf } from './projectteam.js'
import type { Scene } from './scene.js'
import type { Fields } from './store.js'
import { isResourceName } from './table/resource-names.js'
import type { Cell, Resource, Verb } from './table/resource.js'
import { table } from './table/table.js'
import { parseTarget, type Target } from './target.js'
import { tokenOf, type Tenants } from './tenants.js'
import { createMember, deleteMember, updateMember } from './write.js'

export interface ApiRequest {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  readonly apiCode?: ApiCode
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface AnswerContext {
  readonly settings: SimulatorSettings
  readonly tenants: Tenants
  readonly quotaOf: (scene: Scene, account: string) => Cell
}

export function answerRequest(request: ApiRequest, context: AnswerContext): Answer {
  const { settings, tenants } = context
  let personid: string | null = null
  try {
    const caller = tenants.authenticate(tokenOf(request.headers.authorization))
    personid = caller.person.id
    const scene: Scene = {
      store: caller.tenant.store,
      caller: caller.person,
      role: caller.role,
      nowWallMs: settings.wallNow(),
      settings,
    }
    const target = parseTarget(request.target)
    const redirect = redirectOf(request, target, settings)
    if (redirect !== undefined) return redirect
    const resource = resourceOf(target)
    if (resource.name === 'quota') checkOnly(request.method, target)
    const found =
      resource.name === 'quota'
        ? { status: 200, content: context.quotaOf(scene, caller.tenant.account.name) }
        : carryOut({ request, resource, target, scene })
    if ('download' in found) return found.download
    return rendered({ personid, name: resource.name, ...found }, request, settings)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return errorAnswer(error, request, { settings, personid })
  }
}

/** An error in the format the request asks for. */
export function errorAnswer(
  error: ApiError,
  request: Pick<ApiRequest, 'headers'>,
  { settings, personid }: { settings: SimulatorSettings; personid: string | null },
): Answer {
  const content = errorContent(error, settings)
  const answer = rendered(
    { personid, status: error.status, name: 'error', content },
    request,
    settings,
  )
  const challenge =
    error.status === 401 && settings.wwwAuthenticate
      ? { 'www-authenticate': 'Basic realm="Intervals API"' }
      : {}
  return { ...answer, apiCode: error.apiCode, headers: { ...answer.headers, ...challenge } }
}

function rendered(
  envelope: Envelope,
  { headers }: Pick<ApiRequest, 'headers'>,
  settings: SimulatorSettings,
): Answer {
  const format = formatFor(headers.accept, settings)
  const charset = settings.contentTypeCharset ? '; charset=utf-8' : ''
  return {
    status: envelope.status,
    headers: { 'content-type': `application/${format}${charset}` },
    body: Buffer.from(renderEnvelope(envelope, format, settings)),
  }
}

interface Call {
  readonly request: ApiRequest
  readonly resource: Resource
  readonly target: Target
  readonly scene: Scene
}

type Found =
  | { readonly status: number; readonly content: Cell; readonly listcount?: number }
  | { readonly download: Answer }

function carryOut(call: Call): Found {
  const { request, resource, target, scene } = call
  const isTeam = resource.name === 'projectteam'
  const verb = verbOf(request.method)
  const isWrite = verb === 'POST' || verb === 'PUT'
  const contentType = request.headers['content-type']
  const bodies = verb === 'GET' ? [] : readBody({ contentType, body: request.body })
  const id = idOf(call, isTeam ? undefined : bodies[0]?.['id'])
  // A path id decides, and so does one among the parameters: then POST is an update.
  const action = isWrite ? (id === undefined ? 'POST' : 'PUT') : verb
  checkRole(resource, action, scene)
  const actionNotes = request.headers['x-intervals-disable-action-notes'] !== 't'
  const [body = {}] = bodies
  if (action === 'GET') return read(call, id)
  if (action === 'POST') {
    const content = isTeam
      ? addToTeam(projectOf(bodies), withoutProject(bodies), scene)
      : createMember(resource, body, { scene, actionNotes })
    return { status: 201, content }
  }
  if (id === undefined) throw new ApiError(16, `${verb} needs an id`)
  if (target.segments.length > 2) throw new ApiError(15)
  if (action === 'PUT') {
    const content = isTeam
      ? addToTeam(id, withoutProject(bodies), scene)
      : updateMember(resource, body, { scene, id, actionNotes })
    return { status: 202, content }
  }
  const content = isTeam
    ? removeFromTeam(id, withoutProject(bodies), scene)
    : deleteMember(resource, id, scene)
  return { status: 200, content }
}

function read({ resource, target, scene }: Call, id: string | undefined): Found {
  if (id === undefined && resource.name === 'projectteam') {
    for (const name of target.query.keys()) if (name !== 'projectid') throw new ApiError(17, name)
    const projectid = target.query.get('projectid') ?? ''
    if (projectid === '') throw new ApiError(18, 'projectid is required')
    return { status: 200, content: teamOf(projectid, scene) }
  }
  if (id === undefined) {
    const { listcount, rows } = listAnswer(resource, target.query, scene)
    return { status: 200, listcount, content: rows }
  }
  if (resource.collectionOnly === true) throw new ApiError(15, `${resource.name} has no members`)
  if (resource.name === 'projectteam') return { status: 200, content: teamOf(id, scene) }
  if (target.segments.length === 3 && resource.name === 'document') {
    if (target.segments[2] !== 'download') throw new ApiError(15)
    return { download: downloadOf(findRow(resource, id, scene), scene.settings) }
  }
  if (target.segments.length > 2) throw new ApiError(15)
  for (const name of target.query.keys()) {
    if (name !== 'id' && !Object.hasOwn(resource.filters, name)) throw new ApiError(17, name)
  }
  return { status: 200, content: memberCells(resource, findRow(resource, id, scene), scene) }
}

/** The id in the path, or among the parameters where it is no filter. */
function idOf({ resource, target }: Call, bodyId: string | null | undefined): string | undefined {
  const inPath = target.segments[1]
  if (inPath !== undefined) return inPath
  if (resource.filters['id'] === undefined && target.query.has('id')) return target.query.get('id')
  return bodyId === null || bodyId === '' ? undefined : bodyId
}

function projectOf([body]: readonly Fields[]): string {
  const projectid = body?.['projectid'] ?? ''
  if (projectid === '') throw new ApiError(18, 'projectid is required')
  return projectid
}

function withoutProject<T extends object>(bodies: readonly T[]): readonly T[] {
  return bodies.map((body) => {
    const copy = { ...body }
    Reflect.deleteProperty(copy, 'projectid')
    return copy
  })
}

function resourceOf({ segments }: Target): Resource {
  const name = segments[0] ?? ''
  if (!isResourceName(name)) throw new ApiError(13, name)
  return table[name]
}

function verbOf(method: string): Verb {
  if (method === 'GET' || method === 'POST' || method === 'PUT' || method === 'DELETE')
    return method
  throw new ApiError(16, method)
}

function checkRole(resource: Resource, verb: Verb, scene: Scene): void {
  const extra = scene.settings.extraWrites.includes(resource.name) ? 'A' : undefined
  const allowed = resource.verbs[verb] ?? extra
  if (allowed === undefined) throw new ApiError(16, `${verb} ${resource.name}`)
  if (!allowed.includes(scene.role)) throw new ApiError(10, `${verb} ${resource.name}`)
}

/** The quota takes nothing but GET on the collection. */
function checkOnly(method: string, { segments, query }: Target): void {
  if (verbOf(method) !== 'GET') throw new ApiError(16, method)
  if (segments.length > 1) throw new ApiError(15, 'quota has no members')
  for (const name of query.keys()) throw new ApiError(17, name)
}

function redirectOf(
  { method, target }: ApiRequest,
  { path }: Target,
  { trailingSlashRedirect }: SimulatorSettings,
): Answer | undefined {
  if (!trailingSlashRedirect || method !== 'GET' || path.endsWith('/')) return undefined
  const location = `${path}/${target.slice(path.length)}`
  return { status: 301, headers: { location }, body: Buffer.alloc(0) }
}
