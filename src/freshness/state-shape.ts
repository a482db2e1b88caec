/** The form in which the books are kept in a file, checked when it is read. */

import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { AccountState } from './account-freshness.js'

const FORMAT = 1
const amount = Type.Number({ minimum: 0, maximum: 1e15 })
const hours = Type.Array(amount, { minItems: 24, maxItems: 24 })
const counts = { mandatory: hours, reads: hours, writes: hours }
const profile = Type.Object(counts)
const typical = Type.Object({ ...counts, days: amount })
const positive = Type.Number({ exclusiveMinimum: 0, maximum: 1e15 })

const STATE = Type.Object({
  price: Type.Object({
    seconds: positive,
    spent: amount,
    spared: amount,
    isExhausted: Type.Boolean(),
    isShort: Type.Boolean(),
    shortSinceMs: Type.Optional(amount),
    ttlCalls: amount,
    ttlReads: positive,
  }),
  day: Type.Object({ midnightMs: amount, sinceMs: amount, ...counts }),
  profiles: Type.Object({
    last: Type.Optional(profile),
    workday: Type.Optional(typical),
    weekend: Type.Optional(typical),
  }),
  rates: Type.Array(
    Type.Tuple([
      Type.String({ maxLength: 200 }),
      Type.Object({
        changes: positive,
        seconds: positive,
        looks: amount,
        changedLooks: amount,
        decayedAtMs: amount,
        ttlSeconds: amount,
      }),
    ]),
    { maxItems: 1_000 },
  ),
})

const BOOKS = Type.Object({
  format: Type.Literal(FORMAT),
  accounts: Type.Array(Type.Tuple([Type.String(), STATE])),
})

type States = readonly (readonly [string, AccountState])[]

export const written = (accounts: States): string => JSON.stringify({ format: FORMAT, accounts })

/** @throws SyntaxError when the text is not what `written` writes */
export function readStates(text: string): States {
  const books: unknown = JSON.parse(text)
  if (!Value.Check(BOOKS, books)) throw new SyntaxError('not the books of this version')
  // The schema says the same as the type, except that JSON leaves out what is undefined.
  return books.accounts as unknown as States
}
