import { Type } from 'typebox'
import { choice } from '../setting.js'

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
  },
  { description: 'What the proxy says about itself.' },
)
