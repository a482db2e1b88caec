/** Turns a request into an answer: authenticate the caller, find the resource, carry out the verb. */
import { ApiError } from '../api-error.js'
import type { SimulatorSettings } from '../options.js'
import type { CallContext } from '../rows/call-context.js'
import { isResourceName, type ResourceName } from '../rows/resource-names.js'
import type { DatabaseState } from '../rows/state-history.js'
import type { Store } from '../rows/store.js'
import type { Cell, Resource } from '../table/resource.js'
import { table } from '../table/table.js'
import { noAnswer, renderAnswer, renderError, type Answer, type ApiRequest } from './answer.js'
import { carryOut, verbOf } from './operations.js'
import { parseTarget, type Target } from './target.js'
import { tokenOf, type Caller, type Tenant, type Tenants } from './tenants.js'

export interface AnswerContext {
  readonly settings: SimulatorSettings
  readonly tenants: Tenants
  readonly quotaOf: (call: CallContext, account: string) => Cell
  readonly onChange: (resource: ResourceName) => void
}

export interface Timing {
  /** Reads show a write this many ms after it is executed. Default 0. */
  readonly changeDelayMs?: number
  /** A write is executed after this many ms, and its answer is empty. Default: at once. */
  readonly deferMs?: number
  /** The rows that a GET shows. Default: those of now. */
  readonly state?: DatabaseState
}

export function answerRequest(
  request: ApiRequest,
  context: AnswerContext,
  timing: Timing = {},
): Answer {
  const { settings, tenants } = context
  if (request.method === 'HEAD' && settings.headRequests === 'answered') {
    return answerRequest({ ...request, method: 'GET' }, context, timing)
  }
  const nowMs = settings.monotonicNow()
  let personid: string | null = null
  try {
    const caller = tenants.authenticate(
      tokenOf(request.headers.authorization),
      ({ history }) => timing.state?.store ?? history.at(nowMs),
    )
    personid = caller.person.id
    const target = parseTarget(request.target)
    const redirect = redirectOf(request, target, settings)
    if (redirect !== undefined) return redirect
    const resource = resourceOf(target)
    if (resource.name === 'quota') checkQuotaRequest(request.method, target)
    const answerFrom = (store: Store): Answer => {
      const call = callContext(caller, store, settings)
      const result =
        resource.name === 'quota'
          ? { status: 200, content: context.quotaOf(call, caller.tenant.account.name) }
          : carryOut({ request, resource, target, call })
      if ('download' in result) return result.download
      return renderAnswer({ personid, name: resource.name, ...result }, request, settings)
    }
    if (verbOf(request.method) === 'GET') {
      return answerFrom(readStore(caller.tenant, { target, nowMs, timing, settings }))
    }
    const { history } = caller.tenant
    const { changeDelayMs = 0, deferMs } = timing
    const write = (store: Store): Answer => {
      const answer = answerFrom(store)
      context.onChange(resource.name)
      return answer
    }
    if (deferMs === undefined) return history.change(nowMs + changeDelayMs, write)
    history.defer(nowMs + deferMs, write)
    return noAnswer
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return renderError(error, request, { settings, personid })
  }
}

function callContext(caller: Caller, store: Store, settings: SimulatorSettings): CallContext {
  const { person, role } = caller
  return { store, caller: person, role, nowWallMs: settings.wallNow(), settings }
}

interface Read {
  readonly target: Target
  readonly nowMs: number
  readonly timing: Timing
  readonly settings: SimulatorSettings
}

/** Lists may lag behind members. */
function readStore({ history }: Tenant, { target, nowMs, timing, settings }: Read): Store {
  const isList = target.segments.length === 1
  return timing.state?.store ?? history.at(isList ? nowMs - settings.listLagMs : nowMs)
}

function resourceOf({ segments }: Target): Resource {
  const name = segments[0] ?? ''
  if (!isResourceName(name)) throw new ApiError(13, name)
  return table[name]
}

/** The quota supports only GET, on the collection and without parameters. */
function checkQuotaRequest(method: string, { segments, query }: Target): void {
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
