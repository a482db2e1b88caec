/**
 * The judge of the differential tests. It keeps every state of the upstream's database since the last
 * acknowledged write and accepts an answer only if one of these states gives it. It knows neither the
 * proxy's dependency table nor its times to live: it compares what Intervals would have answered.
 */
import type { Simulator } from '../../src/simulator/index.js'

export interface Question {
  readonly target: string
  /** Authorizations that Intervals may have seen: one, or all of the account for a shared resource. */
  readonly authorizations: readonly string[]
  readonly accept: string
}

export interface Judgement {
  readonly isAllowed: boolean
  /** Number of states that were allowed. */
  readonly states: number
  /** Age of the answer in states that are no longer allowed; undefined if no state ever gave it. */
  readonly statesTooOld: number | undefined
}

export interface Oracle {
  /** A client received the complete answer of the write that led to this state. */
  acknowledge(sequence: number): void
  /** `body`: of an answer to a request that was sent at `startedMs` and is complete now. */
  judge(question: Question, startedMs: number, matches: (body: string) => boolean): Judgement
}

export interface OracleOptions {
  readonly simulator: Simulator
  readonly account: string
  readonly now: () => number
  /** How long after an acknowledgement reads may still show the state before it; 0 unless Intervals lags. */
  readonly settleMs: number
}

export function createOracle({ simulator, account, now, settleMs }: OracleOptions): Oracle {
  const acknowledgedMs = new Map<number, number>()
  const truths = new Map<string, string>()

  function truth({ target, accept }: Question, authorization: string, sequence: number): string {
    const key = JSON.stringify([target, accept, authorization, sequence])
    const known = truths.get(key)
    if (known !== undefined) return known
    const state = simulator.states(account).find((state) => state.sequence === sequence)
    if (state === undefined) throw new TypeError(`state ${sequence} is no longer kept`)
    const body = simulator.truth(target, { authorization, accept }, state)
    truths.set(key, body)
    return body
  }

  /** Whether the write that led to this state changed the answer, and the reader could rely on it. */
  function isBinding(question: Question, sequence: number, startedMs: number): boolean {
    const ackMs = acknowledgedMs.get(sequence)
    if (ackMs === undefined || startedMs < ackMs + settleMs) return false
    return question.authorizations.every(
      (one) => truth(question, one, sequence) !== truth(question, one, sequence - 1),
    )
  }

  return {
    acknowledge(sequence) {
      acknowledgedMs.set(sequence, now())
    },
    judge(question, startedMs, matches) {
      const newest = simulator.states(account).at(-1)?.sequence ?? 0
      let isAllowed = true
      let tooOld = 0
      for (let sequence = newest; sequence >= 0; sequence -= 1) {
        if (!isAllowed) tooOld += 1
        const isThis = question.authorizations.some((one) =>
          matches(truth(question, one, sequence)),
        )
        const states = newest - sequence + 1 - tooOld
        if (isThis) return { isAllowed, states, statesTooOld: isAllowed ? undefined : tooOld }
        if (sequence > 0 && isAllowed) isAllowed = !isBinding(question, sequence, startedMs)
      }
      return { isAllowed: false, states: newest + 1 - tooOld, statesTooOld: undefined }
    },
  }
}
