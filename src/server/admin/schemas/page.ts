/**
 * What is said of a page under /-/ in config/openapi.json: one function, so that all say the same.
 *
 * Schemas of answers describe and serialise nothing: by default Fastify drops what a schema does not
 * name, and a figure forgotten here would be lost there. A test compares them with real answers.
 */

import type { FastifyInstance, FastifySchema } from 'fastify'
import type { TSchema } from 'typebox'
import { problem, PROBLEM } from './problem.js'

declare module 'fastify' {
  interface FastifySchema {
    // As @fastify/swagger declares them, which is not there at run time.
    hide?: boolean
    summary?: string
    description?: string
    operationId?: string
    tags?: readonly string[]
    security?: ReadonlyArray<{ [securityLabel: string]: readonly string[] }>
  }
}

/** Groups of pages. */
export type PageTag = 'health' | 'state' | 'acts'

export interface Page {
  readonly id: string
  readonly tag: PageTag
  readonly summary: string
  readonly description?: string
  /** The answer with status 200. */
  readonly answer: TSchema | Readonly<Record<string, unknown>>
  readonly query?: TSchema
  readonly headers?: TSchema
  readonly body?: TSchema
}

/** Only with `server.adminToken`; without it the machine itself needs none. */
const GUARDED = [{ adminToken: [] }, {}]

/** A page that not everybody may see. What it is asked can be wrong where it is asked something. */
export function page({ answer, query, headers, body, ...said }: Page): FastifySchema {
  const canBeWrong = query !== undefined || body !== undefined
  return {
    ...named(said),
    security: GUARDED,
    ...(query !== undefined && { querystring: query }),
    ...(headers !== undefined && { headers }),
    ...(body !== undefined && { body }),
    response: {
      200: answer,
      ...(canBeWrong && { 400: problem('What was asked cannot be understood, and why.') }),
      401: problem('server.adminToken is set, and was not sent.'),
      403: problem('server.adminToken is not set, and whoever asks is not this machine.'),
    },
  }
}

/** A page for everybody. */
export function openPage(
  said: Pick<Page, 'id' | 'tag' | 'summary' | 'description'>,
  response: Readonly<Record<number, TSchema>>,
): FastifySchema {
  return { ...named(said), security: [{}], response }
}

/** For each plugin with pages, before its first. */
export function describePages(app: FastifyInstance): void {
  app.addSchema(PROBLEM)
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
}

const named = ({
  id,
  tag,
  summary,
  description,
}: Pick<Page, 'id' | 'tag' | 'summary' | 'description'>) => ({
  operationId: id,
  tags: [tag],
  summary,
  ...(description !== undefined && { description }),
})
