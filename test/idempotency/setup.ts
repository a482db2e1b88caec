import type { Answer, Ask } from '../server/client.js'
import type { TestProxy } from '../server/build.js'

/** A time entry that can be found again by its description. */
export function timeEntry(description: string): string {
  return JSON.stringify({
    billable: 't',
    date: '2026-07-01',
    personid: '260001',
    projectid: '280001',
    moduleid: '230001',
    worktypeid: '430001',
    time: '2',
    description,
  })
}

export function postWithKey(key: string | string[], body: string | Buffer, request: Ask = {}): Ask {
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': key,
    ...request.headers,
  }
  return { method: 'POST', body, ...request, headers }
}

export const FIRST_NEW_ID = 420_001

/** Time entries of this description, as the upstream has them. */
export async function entriesOf(
  ask: (path: string) => Promise<Answer>,
  description: string,
): Promise<number> {
  let count = 0
  // New rows are numbered one after the other.
  for (let id = FIRST_NEW_ID; ; id++) {
    const { status, text } = await ask(`/time/${id}/`)
    if (status !== 200) return count
    if (text.includes(`"${description}"`)) count++
  }
}

export const writesOf = (proxy: TestProxy): number =>
  proxy.targets().filter((target) => !target.startsWith('GET')).length

/** Headers of an answer but those that are about this one request of it. */
export function lastingHeaders({ headers }: Answer): Record<string, unknown> {
  const own = ['cache-status', 'server-timing', 'ratelimit', 'ratelimit-policy', 'connection']
  const passing = new Set([...own, 'keep-alive', 'idempotent-replayed', 'x-request-id'])
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !passing.has(name)))
}
