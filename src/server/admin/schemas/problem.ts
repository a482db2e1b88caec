/** An error of our own, in JSON; the same in XML for whoever asks for it. See problem-body.ts. */

import { Type } from 'typebox'
import { PROBLEMS } from '../../errors/problems.js'

const SOURCE = Type.Literal('intervals-proxy')

export const PROBLEM = Type.Object(
  {
    personid: Type.Null(),
    status: Type.String({ description: 'The words of the status, such as Forbidden.' }),
    code: Type.Integer({ description: 'The status.' }),
    source: SOURCE,
    error: Type.Object(
      {
        code: Type.Integer({ description: 'The nearest error code of Intervals.' }),
        reason: Type.Enum(Object.keys(PROBLEMS), { description: 'Which error it is.' }),
        message: Type.String({ description: 'What is wrong, and what to do.' }),
        source: SOURCE,
        verbose: Type.Object(
          {
            value: Type.String({ description: 'The message again, where Intervals puts its own.' }),
          },
          { additionalProperties: false },
        ),
      },
      { additionalProperties: false },
    ),
  },
  { $id: 'Problem', additionalProperties: false },
)

/** `description` says when it comes. */
export const problem = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: 'Problem#' } } },
})
