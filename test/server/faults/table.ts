/** What a row of the fault tables says, and what must become of it. */
import type { ProblemCode } from '../../../src/server/errors/problems.js'
import type { Play } from './hostile-upstream.js'

export type Outcome =
  /** Nothing of the answer reaches the consumer: an error of ours, one of these. */
  | { readonly kind: 'problem'; readonly reasons: readonly ProblemCode[] }
  /** The headers were right and the body is not: as above, or where it is streamed, broken off. */
  | {
      readonly kind: 'broken'
      readonly reasons: readonly ProblemCode[]
      /** What HEAD gets, for which the answer is whole. Default 200. */
      readonly status?: number
    }
  /** Strange, but an answer: passed on just so. */
  | {
      readonly kind: 'passed'
      readonly status: number
      readonly body: string | Buffer
      /** A proper answer to this request, so the next one may get it from the cache. */
      readonly mayBeStored?: boolean
      /** For what HEAD and the methods differ in. */
      readonly notFor?: readonly string[]
    }

export interface Fault {
  readonly name: string
  readonly play: Play
  readonly outcome: Outcome
  /** On a reused connection, a read that meets it is sent once more. */
  readonly isBeforeAnyByte?: boolean
}

export const row = (name: string, play: Play, outcome: Outcome): Fault => ({ name, play, outcome })

const problem = (...reasons: ProblemCode[]): Outcome => ({ kind: 'problem', reasons })

export const brokeOff = problem('UPSTREAM_BROKE_OFF')
export const garbled = problem('UPSTREAM_GARBLED')
export const timedOut = problem('UPSTREAM_TIMEOUT')

/** Parsers differ in the word for bytes that stop making sense and bytes that stop coming. */
export const broken: Outcome = {
  kind: 'broken',
  reasons: ['UPSTREAM_BROKE_OFF', 'UPSTREAM_GARBLED'],
}
export const tooSlow: Outcome = { kind: 'broken', reasons: ['UPSTREAM_TIMEOUT'] }

/** Nothing is passed on before the end, but HEAD is at its end at once. */
export const held = (status: number, ...reasons: ProblemCode[]): Outcome => ({
  kind: 'broken',
  reasons,
  status,
})

export const passed = (
  status: number,
  body: string | Buffer,
  options: { readonly mayBeStored?: boolean } = {},
): Outcome => ({ kind: 'passed', status, body, ...options })
