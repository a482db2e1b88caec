import { Type } from 'typebox'
import { text } from '../setting.js'

/** The section `notify`. */
export const notify = Type.Object(
  {
    url: Type.Optional(
      text(
        {
          description:
            'Gets a POST of JSON for every budget warning, pause and resume: tried a few times, never waited for.',
          unset: 'only the log says so',
          variable: 'INTERVALS_PROXY_NOTIFY_URL',
        },
        {
          pattern: '^https?://[^\\s@]+$',
          expected: 'a URL with http or https, without a user name',
        },
      ),
    ),
    token: Type.Optional(
      text(
        {
          description: 'Sent with it as a bearer token.',
          unset: 'none',
          variable: 'INTERVALS_PROXY_NOTIFY_TOKEN',
          secret: true,
        },
        { pattern: '^[\\x21-\\x7e]+$', expected: 'text without spaces' },
      ),
    ),
  },
  { description: 'Who is told when a budget runs low, or the upstream refuses.' },
)
