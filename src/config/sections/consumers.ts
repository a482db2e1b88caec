import { Type } from 'typebox'
import { RESOURCE_NAMES } from '../../cache/resources/resource-name.js'
import { date, duration, percent, text, words } from '../setting.js'
import { GIVEN_NAME, GIVEN_NAME_EXPECTED } from './names.js'

const share = Type.Object(
  {
    day: Type.Optional(
      percent({
        description:
          'Part of the account’s day that is kept for this consumer; what it leaves is lent in the last hours of the day, see limits.day.lendOver.',
        unset: 'nothing is kept',
      }),
    ),
    minute: Type.Optional(
      percent({
        description:
          'Part of the window that this consumer gets before all others, whatever they ask for; its own background requests apart. Unused it is theirs.',
        unset: 'an equal chance',
      }),
    ),
  },
  { description: 'What is guaranteed to this consumer. It may use more when others leave it.' },
)

const consumer = Type.Object(
  {
    key: Type.Optional(
      text(
        {
          description:
            'The hash of its key, which it sends where the Intervals token went: "intervals-proxy key new NAME" makes both.',
          unset: 'it sends an Intervals token, and its name in Intervals-Proxy-Consumer',
          secret: true,
        },
        { pattern: '^sha256:[0-9a-f]{64}$', expected: 'sha256: and 64 hexadecimal digits' },
      ),
    ),
    expires: Type.Optional(
      date({ description: 'The first day (UTC) on which the key is refused.', unset: 'never' }),
    ),
    account: Type.Optional(
      text(
        {
          description: 'The account that its requests are charged to.',
          unset: 'the only account; needed when there are several',
        },
        { pattern: GIVEN_NAME, expected: GIVEN_NAME_EXPECTED },
      ),
    ),
    credential: Type.Optional(
      text(
        {
          description:
            'The Intervals token that the proxy sends for it, as file:PATH or env:NAME. Needed with a key.',
          unset: 'its own',
          secret: true,
        },
        {
          pattern: '^(file:.+|env:[A-Za-z_][A-Za-z0-9_]*)$',
          expected: 'file:PATH or env:NAME: the token itself does not belong in this file',
        },
      ),
    ),
    read: Type.Optional(
      words(
        {
          description: 'The resources that a consumer with a key may read: all, none or a list.',
          unset: 'all',
        },
        ['all', 'none'],
        RESOURCE_NAMES,
      ),
    ),
    write: Type.Optional(
      words(
        {
          description: 'The resources that a consumer with a key may write: all, none or a list.',
          unset: 'none',
        },
        ['all', 'none'],
        RESOURCE_NAMES,
      ),
    ),
    share: Type.Optional(share),
    floor: Type.Optional(
      duration(
        {
          description:
            'A stored answer younger than this satisfies every request of this consumer, no-cache too.',
          unset: 'cache.floor',
        },
        { minimum: '0ms', maximum: '1h' },
      ),
    ),
  },
  { description: 'One app or person behind the proxy.' },
)

/** The section `consumers`. */
export const consumers = Type.Record(Type.String({ pattern: GIVEN_NAME }), consumer, {
  description:
    'Who uses the proxy, by a name of your choice. Where one has a key, or an account lists tokens, nobody else is let in.',
})
