import { Type } from 'typebox'
import { choice, text } from '../setting.js'

/** The section `store`. */
export const store = Type.Object(
  {
    dir: text(
      {
        description:
          'Directory for the cache and for the count of requests spent. One proxy each. An existing ./data of an earlier version is still used.',
        default: './intervals-proxy-data',
        variable: 'INTERVALS_PROXY_DATA_DIR',
        flag: '--data-dir <dir>',
      },
      { pattern: '.', expected: 'the path of a directory' },
    ),
    redis: Type.Optional(
      text(
        {
          description:
            'Redis that several proxies share instead of the directory: redis://HOST:6379/, redis+sentinel://HOST:26379,HOST:26379/MASTER or redis+cluster://HOST:6379,HOST:6379; rediss for TLS.',
          unset: 'none: embedded',
          variable: 'INTERVALS_PROXY_REDIS_URL',
          secret: true,
        },
        {
          pattern: '^rediss?(?:\\+(?:sentinel|cluster))?://',
          expected: 'a URL of redis, redis+sentinel or redis+cluster (rediss for TLS)',
        },
      ),
    ),
    newDisk: choice(
      {
        description:
          'What was spent before, if store.dir has no history: auto trusts a new directory unless a marker outside of it shows recent use, wait assumes a full window, trust an idle one.',
        default: 'auto',
        variable: 'INTERVALS_PROXY_NEW_DISK',
      },
      ['auto', 'wait', 'trust'],
    ),
  },
  { description: 'What survives a restart, and where.' },
)
