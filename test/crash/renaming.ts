/** Clients that are renamed with a number that only rises, and readers who remember what they know. */

import { setTimeout as wait } from 'node:timers/promises'
import { Agent, request } from 'undici'

const CLIENTS = ['100001', '100002', '100003']
const NAME = /Renamed (\d+)/

export interface Renaming {
  readonly tally: {
    reads: number
    fromCache: number
    /** Reads that began after a write of that client had been acknowledged. */
    informed: number
    acknowledged: number
    unacknowledged: number
    readonly problems: string[]
  }
  get(url: string, path: string, token: string): Promise<{ cacheStatus: string; text: string }>
  stop(): Promise<void>
}

export function startRenaming(
  urlNow: () => string | undefined,
  tokens: readonly string[],
): Renaming {
  const tally: Renaming['tally'] = {
    reads: 0,
    fromCache: 0,
    informed: 0,
    acknowledged: 0,
    unacknowledged: 0,
    problems: [],
  }
  const agent = new Agent({ connections: 32 })
  const acknowledged = new Map<string, number>()
  let isStopped = false
  let turns = 0

  async function send(
    url: string,
    path: string,
    { token, name }: { token: string; name?: string },
  ): Promise<{ status: number; cacheStatus: string; text: string }> {
    const response = await request(`${url}${path}`, {
      dispatcher: agent,
      method: name === undefined ? 'GET' : 'PUT',
      headers: {
        authorization: `Basic ${Buffer.from(`${token}:X`).toString('base64')}`,
        accept: 'application/json',
        ...(name !== undefined && { 'content-type': 'application/json' }),
      },
      body: name === undefined ? null : JSON.stringify({ name }),
    })
    return {
      status: response.statusCode,
      cacheStatus: String(response.headers['cache-status'] ?? ''),
      text: await response.body.text(),
    }
  }

  /** What the answer says of a client: its number, or undefined if it has none yet. */
  function numberOf(text: string, id: string): number | undefined {
    const body = JSON.parse(text) as { client?: unknown }
    const rows = (Array.isArray(body.client) ? body.client : [body.client]) as {
      id?: unknown
      name?: string
    }[]
    const row = rows.find((one) => String(one?.id) === id)
    const found = NAME.exec(row?.name ?? '')?.[1]
    return found === undefined ? undefined : Number(found)
  }

  async function read(url: string, token: string, path: string): Promise<void> {
    const known = CLIENTS.map((id) => [id, acknowledged.get(id) ?? 0] as const)
    const { status, text, cacheStatus } = await send(url, path, { token })
    if (status !== 200) throw new Error(`status ${status}`)
    tally.reads++
    if (cacheStatus.startsWith('intervals-proxy; hit')) tally.fromCache++
    for (const [id, least] of known) {
      if (path !== '/client/?limit=100' && path !== `/client/${id}/`) continue
      if (least > 0) tally.informed++
      const shown = numberOf(text, id) ?? 0
      if (shown >= least) continue
      tally.problems.push(`${path} (${cacheStatus}) shows ${shown} of ${id} after ${least}`)
    }
  }

  async function reader(index: number): Promise<void> {
    while (!isStopped) {
      const url = urlNow()
      const turn = turns++
      const token = tokens[(turn + index) % tokens.length] ?? ''
      const id = CLIENTS[turn % CLIENTS.length]
      const path = turn % 5 === 0 ? '/client/?limit=100' : `/client/${id}/`
      await (url === undefined ? Promise.reject(new Error('down')) : read(url, token, path)).catch(
        () => wait(10),
      )
    }
  }

  /** One writer per client, so that its numbers rise upstream as well. */
  async function writer(id: string, index: number): Promise<void> {
    for (let number = 1; !isStopped; number++) {
      const url = urlNow()
      if (url === undefined) {
        await wait(10)
        continue
      }
      const token = tokens[(number + index) % tokens.length] ?? ''
      try {
        const { status } = await send(url, `/client/${id}/`, { token, name: `Renamed ${number}` })
        if (status !== 200 && status !== 202) throw new Error(`status ${status}`)
        tally.acknowledged++
        acknowledged.set(id, number)
      } catch {
        tally.unacknowledged++
      }
      await wait(100 + ((number * 37) % 200))
    }
  }

  const all = Promise.all([
    ...Array.from({ length: 8 }, (_, index) => reader(index)),
    ...CLIENTS.map((id, index) => writer(id, index)),
  ])
  return {
    tally,
    get: (url, path, token) => send(url, path, { token }),
    async stop() {
      isStopped = true
      await all
      await agent.destroy()
    },
  }
}
