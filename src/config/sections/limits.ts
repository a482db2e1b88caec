import { Type } from 'typebox'
import { duration, fraction, integer, integerOrAuto, percent, text } from '../setting.js'

const minute = Type.Object(
  {
    max: integer(
      {
        description: 'Requests that may leave in any one window.',
        default: 100,
        variable: 'INTERVALS_PROXY_MINUTE_MAX',
      },
      { minimum: 1, maximum: 100_000 },
    ),
    window: duration(
      {
        description: 'Length of the window.',
        default: '60s',
        variable: 'INTERVALS_PROXY_MINUTE_WINDOW',
      },
      { minimum: '100ms', maximum: '24h' },
    ),
  },
  { description: 'The short limit of Intervals.' },
)

const day = Type.Object(
  {
    max: integerOrAuto(
      {
        description:
          'Requests a day. auto asks /quota/, and takes 6000 while the answer is unknown.',
        default: 'auto',
        variable: 'INTERVALS_PROXY_DAY_MAX',
      },
      { minimum: 1, maximum: 100_000_000 },
    ),
    keepForWrites: percent({
      description:
        'Last part of the day that only writes may spend; lent in the end, see lendOver.',
      default: '0%',
    }),
    keepForInteractive: percent({
      description:
        'Part of the day, before that one, that background requests may not spend; lent in the end.',
      default: '0%',
    }),
    lendOver: duration(
      {
        description:
          'Over this time before midnight UTC everything that is kept for somebody and not used is lent to the others, little by little, so that nothing is wasted.',
        default: '6h',
      },
      { minimum: '0ms', maximum: '24h' },
    ),
  },
  { description: 'The long limit of Intervals.' },
)

const queue = Type.Object(
  {
    maxWait: duration(
      {
        description:
          'Longest time in the queue. A request that would foreseeably wait longer is answered 429 with Retry-After at once.',
        default: '75s',
        variable: 'INTERVALS_PROXY_MAX_WAIT',
      },
      { minimum: '0ms', maximum: '1h' },
    ),
    maxLength: integer(
      {
        description: 'Requests that may wait at the same time.',
        default: 1000,
        variable: 'INTERVALS_PROXY_MAX_QUEUE',
      },
      { minimum: 0, maximum: 100_000 },
    ),
    maxLengthPerConsumer: Type.Optional(
      integer(
        {
          description: 'Requests of one credential that may wait at the same time.',
          unset: 'half of limits.queue.maxLength',
          variable: 'INTERVALS_PROXY_MAX_QUEUE_PER_CONSUMER',
        },
        { minimum: 0, maximum: 100_000 },
      ),
    ),
    burstShare: fraction(
      {
        description:
          'Share of the window that one credential may send at once, and half of the rest more while no other program is active. Beyond it its requests are spread over the window, so that other programs find a slot.',
        default: 0.8,
        variable: 'INTERVALS_PROXY_BURST_SHARE',
      },
      { minimum: 0.1, maximum: 1 },
    ),
  },
  { description: 'Who waits when a limit is reached, and for how long.' },
)

/** The section `limits`. */
export const limits = Type.Object(
  {
    minute,
    day,
    queue,
    egress: text(
      {
        description:
          'Name of the address that requests leave by. Replicas with the same one share its window; give each address a name of its own where they differ.',
        default: 'default',
        variable: 'INTERVALS_PROXY_EGRESS',
      },
      { pattern: '^[A-Za-z0-9._-]{1,64}$', expected: 'a name of letters, digits, dots and dashes' },
    ),
  },
  { description: 'How many requests may leave for Intervals.' },
)
