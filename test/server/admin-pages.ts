/** The pages under /-/ as an operator uses them, asked without a connection of their own. */
import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import type { STATUS } from '../../src/server/admin/schemas/status.js'
import { until } from './client.js'
import { valueOf } from './scrape.js'

export type Status = Static<typeof STATUS>

export type AdminPages = ReturnType<typeof adminPages>

export function adminPages(app: FastifyInstance, adminToken?: string) {
  const headers = adminToken === undefined ? {} : { authorization: `Bearer ${adminToken}` }

  async function request(method: 'GET' | 'POST', url: string, body?: object): Promise<string> {
    const answer = await app.inject({ method, url, headers, ...(body && { payload: body }) })
    if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${answer.body}`)
    return answer.body
  }

  const status = async (): Promise<Status> =>
    JSON.parse(await request('GET', '/-/status')) as Status
  const metrics = (): Promise<string> => request('GET', '/-/metrics')

  const untilStatus = (condition: (status: Status) => boolean, what: string): Promise<void> =>
    until(async () => condition(await status()), what)

  return {
    status,
    metrics,
    /** The value of exactly this series, without `intervals_proxy_`; NaN if it does not exist. */
    metric: async (series: string): Promise<number> =>
      valueOf(await metrics(), `intervals_proxy_${series}`),
    untilStatus,
    /** Exactly so many requests wait in the queue, of all priorities together. */
    untilQueued: (count: number): Promise<void> =>
      untilStatus((shown) => queuedIn(shown) === count, `${count} requests in the queue`),
    /** Every call has ended, also those that refresh a stale answer in the background. */
    untilNoCalls: (): Promise<void> =>
      untilStatus(
        ({ budgets, cache }) => budgets.minute.inFlight === 0 && cache.flights === 0,
        'the end of every call',
      ),
    /** Returns the number of entries that were dropped or made stale. */
    purge: async (selection: object = {}): Promise<number> => {
      const answer = JSON.parse(await request('POST', '/-/purge', selection)) as { purged: number }
      return answer.purged
    },
    pause: (act: object): Promise<string> => request('POST', '/-/pause', act),
    resume: (act: object = {}): Promise<string> => request('POST', '/-/resume', act),
  }
}

/** Requests that wait in the queue, of all priorities together. */
export const queuedIn = ({ queue: { waiting } }: Status): number =>
  waiting.write + waiting.interactive + waiting.background
