/**
 * Whether the generations on disk have the shape that we write. LMDB does not notice a flipped bit,
 * and a counter that is too low would bring outdated answers back.
 */

import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { RESOURCE_NAMES } from '../resources/resource-name.js'

const generation = Type.Integer({ minimum: 0 })
const name = Type.Enum([...RESOURCE_NAMES])

const HEAD = Type.Object({ latest: generation, floor: generation })
const ACCOUNT = Type.Object({
  account: Type.String(),
  floor: generation,
  resources: Type.Record(Type.String(), generation),
})
const WRITE = Type.Object({
  account: Type.String(),
  scope: Type.Union([
    Type.Object({ kind: Type.Literal('account') }),
    Type.Object({ kind: Type.Literal('resources'), names: Type.Array(name) }),
  ]),
})

/** @throws Error that says which kind of record it is, and nothing of what is in it */
export function assertGenerationsShape(records: {
  readonly head: unknown
  readonly accounts: readonly unknown[]
  readonly writes: readonly { readonly key: unknown; readonly value: unknown }[]
}): void {
  const { head, accounts, writes } = records
  if (head !== undefined && !Value.Check(HEAD, head)) throw damaged('the counters')
  if (!accounts.every((one) => Value.Check(ACCOUNT, one))) throw damaged('an account')
  const areWrites = writes.every(
    ({ key, value }) => Value.Check(generation, key) && Value.Check(WRITE, value),
  )
  if (!areWrites) throw damaged('a write')
}

const damaged = (what: string): Error => new Error(`the record of ${what} is damaged`)
