/**
 * What an answer may say. Every client of the simulated Intervals has a version in its description,
 * written by one consumer at a time, always a higher one; everything else never changes.
 */

export const CLIENT_IDS = Array.from({ length: 40 }, (_, at) => String(100_001 + at))

interface Versions {
  /** The highest that was acknowledged: whoever asks from then on gets this one or a later one. */
  acknowledged: number
  /** The highest that was sent; more than that nobody can have seen. */
  sent: number
  /** Nobody writes it before: somebody does now, or one was lost on the way and may still arrive. */
  freeAtMs: number
}

/** After a write of unknown end: longer than the proxy keeps anything that was sent to it. */
const LOST_FOR_MS = 15_000

export interface Book {
  /** A client to write and its next version; undefined if all are being written. */
  begin(pick: number): { readonly id: string; readonly version: number } | undefined
  end(id: string, version: number, end: 'acknowledged' | 'refused' | 'unknown'): void
  /** To be taken before a question is asked; compared with when the answer is there. */
  snapshot(): ReadonlyMap<string, number>
  /** What is wrong with a version, or undefined. */
  objection(id: string, version: number, before: ReadonlyMap<string, number>): string | undefined
}

export function createBook(): Book {
  const all = new Map<string, Versions>(
    CLIENT_IDS.map((id) => [id, { acknowledged: 0, sent: 0, freeAtMs: 0 }]),
  )
  const of = (id: string): Versions => {
    const found = all.get(id)
    if (found === undefined) throw new Error(`there is no client ${id}`)
    return found
  }
  return {
    begin(pick) {
      const id = CLIENT_IDS[pick % CLIENT_IDS.length] ?? ''
      const versions = of(id)
      if (performance.now() < versions.freeAtMs) return undefined
      versions.freeAtMs = Infinity
      return { id, version: ++versions.sent }
    },
    end(id, version, end) {
      const versions = of(id)
      versions.freeAtMs = end === 'unknown' ? performance.now() + LOST_FOR_MS : 0
      if (end === 'acknowledged') versions.acknowledged = version
    },
    snapshot: () => new Map([...all].map(([id, { acknowledged }]) => [id, acknowledged])),
    objection(id, version, before) {
      const least = before.get(id)
      if (least === undefined) return `there is no client ${id}`
      if (version < least) return `client ${id}: version ${version} after ${least} was acknowledged`
      const { sent } = of(id)
      return version > sent ? `client ${id}: version ${version}, only ${sent} were sent` : undefined
    },
  }
}

/** The version in a description; whatever was there before the first is version 0. */
export function versionOf(description: unknown): number {
  return Number(/^v(\d+)$/.exec(String(description))?.[1] ?? 0)
}
