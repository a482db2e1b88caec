/** Turns a request into an answer: authenticate the caller, find the resource, carry out the verb. */
import { ApiError } from '../api-error.js'
import type { SimulatorSettings } from '../options.js'
import type { CallContext } from '../rows/call-context.js'
import { isResourceName } from '../rows/resource-names.js'
import type { Cell, Resource } from '../table/resource.js'
import { table } from '../table/table.js'
import { renderAnswer, renderError, type Answer, type ApiRequest } from './answer.js'
import { carryOut, verbOf } from './operations.js'
import { parseTarget, type Target } from './target.js'
import { tokenOf, type Tenants } from './tenants.js'

export interface AnswerContext {
  readonly settings: SimulatorSettings
  readonly tenants: Tenants
  readonly quotaOf: (call: CallContext, account: string) => Cell
}

export function answerRequest(request: ApiRequest, context: AnswerContext): Answer {
  const { settings, tenants } = context
  let personid: string | null = null
  try {
    const caller = tenants.authenticate(tokenOf(request.headers.authorization))
    personid = caller.person.id
    const call: CallContext = {
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
    if (resource.name === 'quota') {
      checkQuotaRequest(request.method, target)
      const content = context.quotaOf(call, caller.tenant.account.name)
      return renderAnswer({ personid, status: 200, name: 'quota', content }, request, settings)
    }
    const result = carryOut({ request, resource, target, call })
    if ('download' in result) return result.download
    return renderAnswer({ personid, name: resource.name, ...result }, request, settings)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return renderError(error, request, { settings, personid })
  }
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
