/** Somebody who does nothing wrong meanwhile, and what must be left when the others have gone. */
import type { Test } from 'tap'
import { queuedIn } from '../admin-pages.js'
import type { TestProxy } from '../build.js'
import { valueOf } from '../scrape.js'
import { until } from './raw-client.js'

/** Asks for what is stored and for what is not, in turn, until it is told to stop. */
export function startBystander({ ask }: Pick<TestProxy, 'ask'>) {
  let isStopped = false
  const counts = { hits: 0, misses: 0 }
  const strange: string[] = []
  const done = (async () => {
    for (let turn = 0; !isStopped; turn++) {
      const hit = await ask('/client/')
      const miss = await ask(`/project/?limit=${turn + 1}`)
      if (turn > 0 && !/; hit/u.test(String(hit.headers['cache-status']))) strange.push(hit.text)
      if (hit.status !== 200 || miss.status !== 200) strange.push(`${hit.status} ${miss.text}`)
      counts.hits++
      counts.misses++
    }
  })()
  return {
    counts,
    async stop(t: Test, what: string): Promise<void> {
      // At least one of each after all that has happened.
      const enough = counts.misses + 2
      await until(() => counts.misses >= enough || strange.length > 0, 'answers to the others')
      isStopped = true
      await done
      t.strictSame(strange, [], `${what}: the others were answered, ${counts.misses} times`)
    },
  }
}

/** Nothing of anybody is left: no place in a queue, no permit, no flight, no body, no connection. */
export async function untilNothingIsLeft(t: Test, proxy: TestProxy, what: string): Promise<void> {
  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => {
      proxy.app.server.getConnections((error, count) =>
        error === null ? resolve(count) : reject(error),
      )
    })
  const rest = async () => {
    const status = await proxy.status()
    return {
      waiting: queuedIn(status),
      inFlight: status.budgets.minute.inFlight,
      flights: status.cache.flights,
      bodyBytes: valueOf(await proxy.metrics(), 'intervals_proxy_body_memory_bytes'),
      connections: await connections(),
    }
  }
  const none = { waiting: 0, inFlight: 0, flights: 0, bodyBytes: 0, connections: 0 }
  let left = await rest()
  const isNone = async (): Promise<boolean> => {
    left = await rest()
    return JSON.stringify(left) === JSON.stringify(none)
  }
  await until(isNone, `${what}: nothing is left`).catch(() => {})
  t.strictSame(left, none, `${what}: nothing is left`)
}

/** Warnings of Node since: listeners that leak, above all. */
export function watchWarnings(t: Test): () => string[] {
  const seen: string[] = []
  const note = ({ name, message }: Error): void => void seen.push(`${name}: ${message}`)
  process.on('warning', note)
  t.teardown(() => process.off('warning', note))
  return () => seen.filter((text) => !text.startsWith('ExperimentalWarning'))
}
