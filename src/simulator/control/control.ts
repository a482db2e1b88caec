/**
 * Controls a simulator from other processes and languages, under `/-simulator/`. These requests are
 * not counted, limited, delayed or noted in the journal.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Fault } from './faults.js'
import type { Hold } from './holds.js'
import type { Journal } from './journal.js'
import { readRequestBody } from '../http/request-body.js'
import type { Simulator, WebEdit } from '../simulator.js'
import { parseTarget, type Target } from '../api/target.js'
import type { Tenants } from '../api/tenants.js'

export const controlPrefix = '/-simulator/'

export interface ControlContext {
  readonly simulator: Simulator
  readonly journal: Journal
  readonly tenants: Tenants
}

interface ControlRequest extends ControlContext {
  readonly target: Target
  readonly body: unknown
  /** Holds that were set through this interface. */
  readonly holds: Set<Hold>
}

type ControlAction = (request: ControlRequest) => unknown

const actions: Readonly<Record<string, ControlAction>> = {
  'GET journal': ({ simulator, target }) => {
    const since = Number(target.query.get('since') ?? 0)
    return simulator.arrivals.filter(({ sequence }) => sequence > since)
  },
  'DELETE journal': ({ simulator }) => {
    simulator.clearArrivals()
    return { cleared: true }
  },
  'GET stats': ({ simulator, journal, tenants }) => ({
    arrivals: journal.total,
    kept: simulator.arrivals.length,
    maxInAnyWindow: simulator.maxInAnyWindow(),
    minuteMax: simulator.settings.minuteMax,
    minuteWindowMs: simulator.settings.minuteWindowMs,
    refused: {
      day: simulator.arrivals.filter(({ apiCode }) => apiCode === 11).length,
      minute: simulator.arrivals.filter(({ apiCode }) => apiCode === 12).length,
    },
    dayUsed: Object.fromEntries(
      tenants.all.map(({ account }) => [account.name, simulator.dayUsed(account.name)]),
    ),
  }),
  'GET tokens': ({ tenants }) =>
    tenants.all.flatMap(({ account }) =>
      account.people.flatMap(({ tokens, role, firstname, lastname, active }) =>
        tokens.map((token) => ({
          token,
          account: account.name,
          role,
          person: `${firstname} ${lastname}`,
          active: active ?? true,
        })),
      ),
    ),
  'POST faults': ({ simulator, body }) => {
    const faults = Array.isArray(body) ? (body as unknown[]) : [body]
    // setFaults validates each fault.
    simulator.setFaults(faults as Fault[])
    return { faults: faults.length }
  },
  'DELETE faults': ({ simulator }) => {
    simulator.setFaults([])
    return { faults: 0 }
  },
  'POST edit': ({ simulator, body }) => {
    const { account, resource, id, fields } = body as Partial<WebEdit & { account: string }>
    if (typeof fields !== 'object') throw new TypeError('Expected `fields` to be an object')
    simulator.edit(String(account), String(resource), String(id), fields)
    return { edited: true }
  },
  'POST hold': ({ simulator, body, holds }) => {
    const { method, pathPrefix } = body as { method?: string; pathPrefix?: string }
    holds.add(
      simulator.hold(
        (arrival) =>
          (method === undefined || arrival.method === method) &&
          arrival.target.startsWith(pathPrefix ?? ''),
      ),
    )
    return { holds: holds.size }
  },
  'POST release': ({ holds }) => {
    const released = [...holds].reduce((sum, hold) => sum + hold.waiting, 0)
    for (const hold of holds) hold.release()
    holds.clear()
    return { released }
  },
}

const maxControlBodyBytes = 1_000_000

/** Answers requests under the prefix: 400 for a malformed body, 404 for an unknown path. */
export function createControl(
  context: ControlContext,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const holds = new Set<Hold>()
  return async (request, response) => {
    const target = parseTarget(request.url ?? '/')
    const text = await readRequestBody(request, maxControlBodyBytes)
    const name = `${request.method ?? 'GET'} ${target.segments[1] ?? ''}`
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined || target.segments.length !== 2) {
      return send(response, 404, { error: `Expected one of ${Object.keys(actions).join(', ')}` })
    }
    try {
      const body: unknown = text === undefined || text.length === 0 ? {} : JSON.parse(String(text))
      if (body === null) throw new TypeError('Expected a body that is not null')
      return send(response, 200, action({ ...context, target, body, holds }))
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error
      return send(response, 400, { error: error.message })
    }
  }
}

function send(response: ServerResponse, status: number, content: unknown): void {
  const body = Buffer.from(`${JSON.stringify(content)}\n`)
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  response.writeHead(status, headers).end(body)
}
