/** What the health checks and /-/metrics answer; see ../probes.ts. */

import { Type } from 'typebox'
import { openPage, page } from './page.js'

const readiness = (status: 'ready' | 'not ready', description: string) =>
  Type.Object(
    {
      status: Type.Literal(status),
      reasons: Type.Array(Type.String(), { description: 'Why it is not ready.' }),
      notes: Type.Array(Type.String(), {
        description: 'What holds requests back, while stored answers go on.',
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
    description: 'A spent budget is no reason not to be ready: stored answers go on.',
  },
  {
    200: readiness('ready', 'They should.'),
    503: readiness('not ready', 'They should not: it is stopping, or cannot write to its data.'),
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
