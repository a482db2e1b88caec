/** Writes at one replica, each read at the other. */

import type { Test } from 'tap'
import type { startReplicasAt } from './replicas.js'

type Replica = Awaited<ReturnType<typeof startReplicasAt>>['replicas'][number]

/** At the same time, each with a client of its own; a write of any outdates what all of them read. */
const LANES = 8

/** Short, or thousands of slots would be held by the end. */
export const FOR_TRIALS = { settings: { limits: { minute: { window: '500ms' } } } } as const

export const rename = (replica: Replica, name: string, path: string) =>
  replica.ask(path, { method: 'PUT', body: JSON.stringify({ name }) })

/** As long as nobody takes the place of Redis none of the requests may fail; else so many. */
export async function neverTheOldBody(
  t: Test,
  [a, b]: readonly Replica[],
  wanted: number,
  mostFailed = 0,
) {
  if (a === undefined || b === undefined) throw new Error('two are needed')
  let old = 0
  let failed = 0
  let trials = 0
  const lane = async (path: string): Promise<void> => {
    while (trials < wanted) {
      const trial = trials++
      const [writer, reader] = trial % 2 === 0 ? [a, b] : [b, a]
      // So that there is something old to be read.
      if (trial % 3 === 0) await reader.ask(path)
      const name = `Trial ${trial}`
      const written = await rename(writer, name, path)
      const after = await reader.ask(path)
      if (written.status !== 202 || after.status !== 200) failed++
      else if (!after.text.includes(`"${name}"`)) old++
    }
  }
  await Promise.all(Array.from({ length: LANES }, (_, i) => lane(`/client/${100_001 + i}/`)))
  t.equal(old, 0)
  t.ok(failed <= mostFailed, `${failed} failed, ${mostFailed} may`)
  t.comment(`${trials} trials, ${old} old bodies`)
}
