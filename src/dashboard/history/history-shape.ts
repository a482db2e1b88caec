/** Whether a record has the expected shape, because LMDB does not notice flipped bits. */

import { Type } from 'typebox'
import { Value } from 'typebox/value'

const count = Type.Number({ minimum: 0 })
const counts = Type.Record(Type.String(), count)
const durations = Type.Tuple([count, count, count])
const rows = Type.Array(Type.Object({ name: Type.String(), ways: counts, wait: durations }))

const BUCKET = Type.Object({
  at: count,
  ways: counts,
  calls: count,
  waits: Type.Record(Type.String(), durations),
  upstream: durations,
  waiting: count,
  held: count,
  days: Type.Record(Type.String(), Type.Tuple([count, count])),
  tables: Type.Optional(Type.Object({ resources: rows, consumers: rows, paths: rows })),
})

const EVENT = Type.Object({
  id: count,
  at: count,
  level: Type.Enum(['good', 'info', 'warn', 'bad']),
  title: Type.String(),
  detail: Type.String(),
})

/** @throws Error that names the kind of record, and none of its contents */
export function assertHistoryShape(buckets: Iterable<unknown>, events: Iterable<unknown>): void {
  for (const bucket of buckets) if (!Value.Check(BUCKET, bucket)) throw damaged('bucket')
  for (const event of events) if (!Value.Check(EVENT, event)) throw damaged('event')
}

const damaged = (kind: string): Error => new Error(`a record of the kind "${kind}" is damaged`)
