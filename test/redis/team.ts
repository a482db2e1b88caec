/** Two replicas under load while their Redis is taken away, and what may never happen then. */

import type { Test } from 'tap'
import { until } from './redis-groups.js'
import { startReplicasAt } from './replicas.js'

/** Small, so that a quarantine is over in a test. */
export const MAX = 20
const WINDOW_MS = 3_000
export const JSON_TYPE = { 'content-type': 'application/json' }

export type Team = Awaited<ReturnType<typeof startTeam>>

/** At an upstream that counts by itself. */
export async function startTeam(t: Test, url: string) {
  const { replicas, ...scene } = await startReplicasAt(t, url, {
    simulator: { minuteMax: MAX, minuteWindowMs: WINDOW_MS },
    settings: {
      upstream: { timeout: '1s' },
      limits: {
        minute: { max: MAX, window: `${WINDOW_MS / 1_000}s` },
        queue: { maxWait: '20s' },
      },
    },
  })
  const [a, b] = replicas
  if (a === undefined || b === undefined) throw new Error('two were asked for')
  return { ...scene, a, b, mostInAnyWindow: () => scene.sim.maxInAnyWindow(WINDOW_MS) }
}

const CLIENT = '/client/100001/'

/** Writes at one, then reads at the other. Undefined: one of them was refused. */
export async function writeThenRead({ a, b }: Team, name: string): Promise<string | undefined> {
  const put = { method: 'PUT', body: JSON.stringify({ name }), headers: JSON_TYPE }
  const written = await a.ask(CLIENT, put)
  if (written.status !== 202) return undefined
  const read = await b.ask(CLIENT)
  if (read.status !== 200) return undefined
  return (JSON.parse(read.text) as { client: { name: string } }).client.name
}

/** Pairs of a write and a read until so many have gone through; none of them may be old. */
export async function neverOld(t: Test, team: Team, what: string, wanted = 5): Promise<void> {
  let trials = 0
  let seen = 0
  await until(async () => {
    const name = `${what} ${++trials}`
    const read = await writeThenRead(team, name)
    if (read === undefined) return false
    if (read !== name) t.fail(`wrote "${name}", read "${read}"`)
    return ++seen >= wanted
  }, `writes ${what}`)
  t.pass(`${seen} of ${trials} went through ${what}, none of them old`)
}

/** Asks for what nobody has asked for, without an end. */
export function startLoad({ a, b }: Team) {
  let isOver = false
  let answered = 0
  let sent = 0
  const lane = async (replica: Team['a']): Promise<void> => {
    while (!isOver) {
      const path = `/client/?limit=1&offset=${++sent}`
      const status = await replica.ask(path).then(
        (answer) => answer.status,
        () => 0,
      )
      if (status === 200) answered++
      else await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const lanes = [a, b, a, b, a, b].map(lane)
  return {
    answered: () => answered,
    async stop() {
      isOver = true
      await Promise.all(lanes)
    },
  }
}

/**
 * `cutOff` keeps what is written from being copied; a window later `lose` takes the server away. It goes on
 * by itself, never over the limit, and nobody reads what was before a write.
 */
export async function survives(
  t: Test,
  team: Team,
  { what, cutOff, lose }: { what: string; cutOff: () => void; lose: () => void },
): Promise<void> {
  const load = startLoad(team)
  await until(() => load.answered() >= 1, 'the first answer')
  cutOff()
  await until(() => load.answered() > MAX, 'a window that is not copied')
  lose()
  const lostAtMs = performance.now()
  const before = load.answered()
  await until(() => load.answered() >= before + MAX, `answers after ${what}`)
  t.comment(`after ${what}: a window of answers within ${seconds(lostAtMs)} s`)
  await load.stop()
  await neverOld(t, team, `after ${what}`)
  const most = team.mostInAnyWindow()
  t.ok(most <= MAX, `at most ${most} of ${MAX} in any window`)
  t.ok(most > MAX / 2, 'and the load was enough to see more')
}

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1_000).toFixed(1)
