/** What /-/spending is asked and answers; see ../spending.ts. */

import { Type } from 'typebox'
import { page } from './page.js'

export const SPENDING_BY = ['consumer', 'resource', 'hour'] as const

const query = Type.Object(
  {
    from: Type.Optional(
      Type.String({ description: 'A UTC day (2026-03-10) or an hour of it (2026-03-10T14).' }),
    ),
    to: Type.Optional(Type.String({ description: 'The same; it is included.' })),
    by: Type.Optional(
      Type.Enum([...SPENDING_BY], { description: 'What to add up by. Default: consumer.' }),
    ),
    account: Type.Optional(Type.String({ description: 'Only this account.' })),
  },
  { additionalProperties: false },
)

const row = Type.Object(
  {
    consumer: Type.Optional(Type.String()),
    resource: Type.Optional(Type.String()),
    hour: Type.Optional(Type.String({ format: 'date-time', description: 'Its beginning.' })),
    account: Type.String(),
    calls: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false, description: 'Has the field that `by` names.' },
)

export const SPENDING_PAGE = page({
  id: 'spending',
  tag: 'state',
  summary: 'Who spent how many calls',
  description: 'Today, unless asked otherwise; 35 days are kept.',
  query,
  answer: Type.Object(
    {
      from: Type.String({ format: 'date-time' }),
      to: Type.String({ format: 'date-time', description: 'Not included.' }),
      by: Type.Enum([...SPENDING_BY]),
      calls: Type.Integer({ minimum: 0, description: 'All together.' }),
      spending: Type.Array(row, {
        description: 'Most first, by hour in order; what is past 1000 rows is put together.',
      }),
    },
    { additionalProperties: false, description: 'The spending.' },
  ),
})
