/** What the health checks and /-/metrics answer; see ../probes.ts. */

import { Type } from 'typebox'
import { openPage, page } from './page.js'

const readiness = (status: 'ready' | 'not ready', description: string) =>
  Type.Object(
    {
      status: Type.Literal(status),
      reasons: Type.Array(Type.String(), {
        description: 'Why requests that need a call may not be answered now.',
      }),
    },
    { additionalProperties: false, description },
  )

export const LIVE_PAGE = openPage(
  { id: 'livez', tag: 'health', summary: 'Whether the process answers' },
  {
    200: Type.Object(
      { status: Type.Literal('ok') },
      { additionalProperties: false, description: 'It does.' },
    ),
  },
)

export const READY_PAGE = openPage(
  {
    id: 'readyz',
    tag: 'health',
    summary: 'Whether requests should come here',
    description: 'The proxy stays ready while it can serve cache entries, whatever its health.',
  },
  {
    200: readiness('ready', 'They should.'),
    503: readiness('not ready', 'They should not: it is stopping.'),
  },
)

export const METRICS_PAGE = page({
  id: 'metrics',
  tag: 'state',
  summary: 'Metrics for Prometheus',
  answer: {
    description: 'The text format of Prometheus.',
    content: { 'text/plain': { schema: Type.String() } },
  },
})
