/** What a person may do under /-/; see ../plugin.ts and ../pauses.ts. */

import { Type } from 'typebox'
import type { TProperties } from 'typebox'
import { page } from './page.js'

/** Without a body it is the same as with an empty object. */
const body = (shape: TProperties) =>
  Type.Unsafe<object>({
    ...Type.Object(shape, { additionalProperties: false }),
    type: ['object', 'null'],
  })

const SCOPE = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 100,
    description: 'window: everything. account:NAME: one account.',
  }),
)
const MAX_DETAIL_LENGTH = 200

const names = (description: string) => Type.Array(Type.String(), { description })

export const PURGE_PAGE = page({
  id: 'purge',
  tag: 'acts',
  summary: 'Drop stored answers',
  description: 'Those that have all that is named; without anything named, all of them.',
  body: body({
    account: Type.Optional(Type.String({ description: 'Only of this account.' })),
    resource: Type.Optional(Type.String({ description: 'Only of this resource, such as task.' })),
    path: Type.Optional(
      Type.String({ description: 'Only to this path, which starts with a slash, with any query.' }),
    ),
    soft: Type.Optional(
      Type.Boolean({ description: 'Keep them as stale answers instead of dropping them.' }),
    ),
  }),
  answer: Type.Object(
    { purged: Type.Integer({ minimum: 0, description: 'How many.' }) },
    { additionalProperties: false, description: 'What was dropped.' },
  ),
})

export const PAUSE_PAGE = page({
  id: 'pause',
  tag: 'acts',
  summary: 'Let nothing out until it is resumed',
  description: 'Stored answers go on.',
  body: body({
    scope: SCOPE,
    detail: Type.Optional(
      Type.String({ maxLength: MAX_DETAIL_LENGTH, description: 'Why, for /-/status.' }),
    ),
  }),
  answer: Type.Object(
    { paused: names('Scopes that are paused now.') },
    { additionalProperties: false, description: 'What is paused.' },
  ),
})

export const RESUME_PAGE = page({
  id: 'resume',
  tag: 'acts',
  summary: 'End a pause',
  description:
    'Of one scope, or every pause, also one that waits for an operator. The scope quarantine ends the wait after a lost history; with it you declare that nothing was sent to Intervals.',
  body: body({ scope: SCOPE }),
  answer: Type.Object(
    { resumed: names('Scopes whose pause was ended; none where nothing was paused.') },
    { additionalProperties: false, description: 'What goes on.' },
  ),
})
