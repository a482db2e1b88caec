/** Speaks to a simulator as a client does; each test file starts and closes its own. */
import type { Test } from 'tap'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.js'

export type Json = Record<string, unknown>

export interface Called {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; empty when it is not JSON. */
  readonly json: Json
  /** The rows of a list, or the one member as a list. */
  readonly rows: readonly Json[]
  readonly row: Json
  readonly apiCode: string | undefined
}

export interface CallOptions {
  readonly method?: string
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** High enough that only tests of the limits meet them. */
export async function simulate(t: Test, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ minuteMax: 100_000, dayMax: 100_000, ...options })
  t.teardown(() => simulator.close())
  return simulator
}

export async function call(
  simulator: Simulator,
  path: string,
  { method = 'GET', token = 'agencyadm01', body, headers }: CallOptions = {},
): Promise<Called> {
  const content = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(new URL(path, simulator.url), {
    method,
    headers: {
      accept: 'application/json',
      authorization: basic(token),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: content }),
    redirect: 'manual',
  })
  const text = await response.text()
  const json = text.startsWith('{') ? (JSON.parse(text) as Json) : {}
  const resource = Object.entries(json).find(([name]) => !envelopeNames.has(name))?.[1]
  const rows = (Array.isArray(resource) ? resource : [resource]) as Json[]
  const error = json['error'] as { code?: string } | undefined
  return {
    status: response.status,
    headers: response.headers,
    text,
    json,
    rows,
    row: rows[0] ?? {},
    apiCode: error?.code,
  }
}

const envelopeNames = new Set(['personid', 'status', 'code', 'listcount', 'error'])

export function basic(token: string, password = 'X'): string {
  return `Basic ${Buffer.from(`${token}:${password}`).toString('base64')}`
}
