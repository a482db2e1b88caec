/**
 * Whether the records of a journal are what we write. A disk that flips a bit is not noticed by LMDB;
 * a slot with the number 2,147,483,647, say, would fill the memory before anybody reads why.
 */

import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { JournalContents } from './journal.js'

/** Far beyond every date there will be, and within those that can be computed with. */
const time = Type.Number({ minimum: -1e15, maximum: 1e15 })
const timeOrNone = Type.Union([time, Type.Null()])
const count = Type.Integer({ minimum: 0 })
const text = Type.String()
const date = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })
const bootId = Type.Union([text, Type.Null()])

/** More than any setting allows: limits.minute.max ends far below. */
const MAX_SLOTS = 1_000_000

const SHAPES = {
  slot: Type.Object({
    bootId,
    wallMs: time,
    endedAtMs: timeOrNone,
    lost: Type.Boolean(),
    account: text,
    days: Type.Array(date),
  }),
  day: Type.Object({ account: text, day: date, taken: count, doubtful: count }),
  pause: Type.Object({
    bootId,
    pause: Type.Object({
      scope: text,
      reason: text,
      sinceWallMs: time,
      untilMs: timeOrNone,
      untilWallMs: timeOrNone,
      durationMs: timeOrNone,
      strikes: count,
      detail: text,
    }),
  }),
  ceiling: Type.Object({ ceiling: time, loweredWallMs: time }),
  clock: Type.Object({ bootId, anchorMs: time, wallOffsetMs: time, isSet: Type.Boolean() }),
} as const

/** @throws Error that names the kind of record, and nothing of what is in it */
export function assertJournalShape(contents: JournalContents): void {
  const { slots, days, pauses, ceiling, clock } = contents
  for (const [index, record] of slots) {
    if (!Number.isInteger(index) || index < 0 || index >= MAX_SLOTS) throw damaged('slot')
    assertShape('slot', record)
  }
  for (const record of days) assertShape('day', record)
  for (const record of pauses) assertShape('pause', record)
  if (ceiling !== undefined) assertShape('ceiling', ceiling)
  if (clock !== undefined) assertShape('clock', clock)
}

function assertShape(kind: keyof typeof SHAPES, record: unknown): void {
  if (!Value.Check(SHAPES[kind], record)) throw damaged(kind)
}

const damaged = (kind: string): Error => new Error(`a record of the kind "${kind}" is damaged`)
