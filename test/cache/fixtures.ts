// Values that many tests start from. One place in time, no clock.

import {
  createEntry,
  parseTarget,
  resolvePolicies,
  type HeaderList,
  type RequestDirectives,
  type ResourceName,
  type StoredResponse,
  type Target,
} from '../../src/cache/index.js'

export const NOW_MS = Date.UTC(2026, 4, 8, 12)

export const POLICIES = resolvePolicies()

export const NO_DIRECTIVES: RequestDirectives = {
  noCache: false,
  noStore: false,
  onlyIfCached: false,
}

export function target(raw: string): Target {
  const parsed = parseTarget(raw)
  if (parsed.kind === 'ambiguous') throw new Error(`${raw} is ambiguous: ${parsed.reason}`)
  return parsed
}

export interface EntryFields {
  readonly account?: string
  readonly resource?: ResourceName
  readonly path?: string
  readonly generation?: number
  readonly status?: number
  readonly headers?: HeaderList
  readonly text?: string
}

/** An answer to `GET /task`, fetched at NOW_MS: fresh for 30 seconds, stale for 5 minutes more. */
export function storedResponse(fields: EntryFields = {}): StoredResponse {
  const { text = '{"task":[]}', headers = [['Content-Type', 'application/json']], ...rest } = fields
  return createEntry({
    key: 'key',
    status: 200,
    statusText: 'OK',
    headers,
    body: Buffer.from(text),
    account: 'main',
    resource: 'task',
    path: '/task',
    generation: 0,
    policy: POLICIES.task,
    sentAtMs: NOW_MS,
    ...rest,
  })
}
