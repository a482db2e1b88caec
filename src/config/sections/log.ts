import { Type } from 'typebox'
import { choice, text } from '../setting.js'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** The section `log`. */
export const log = Type.Object(
  {
    level: choice(
      {
        description: 'Least important line that is logged.',
        default: 'info',
        variable: 'INTERVALS_PROXY_LOG_LEVEL',
        flag: '--log-level <level>',
      },
      LOG_LEVELS,
    ),
    file: Type.Optional(
      text(
        {
          description:
            'File that log lines are appended to. SIGHUP opens it again, for logrotate and the like.',
          unset: 'none: standard output',
          variable: 'INTERVALS_PROXY_LOG_FILE',
        },
        { pattern: '.', expected: 'the path of a file' },
      ),
    ),
  },
  { description: 'What the proxy says about itself.' },
)
