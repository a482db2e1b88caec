import { Type } from 'typebox'
import { RESOURCE_NAMES } from '../../cache/resources/resource-name.js'
import { FRESHNESS_MODES } from '../../freshness/index.js'
import { choice, duration, size } from '../setting.js'

/** What can be changed for one resource in the shipped table. */
const resource = Type.Object(
  {
    ttl: Type.Optional(
      duration(
        { description: 'How long an answer is fresh.', unset: 'the shipped table' },
        { minimum: '0ms', maximum: '365d' },
      ),
    ),
    stale: Type.Optional(
      duration(
        {
          description:
            'How long after that it may still be sent while a new one is fetched, or cannot be had.',
          unset: 'the shipped table',
        },
        { minimum: '0ms', maximum: '365d' },
      ),
    ),
    staleWhileRevalidate: Type.Optional(
      duration(
        {
          description:
            'How long after its ttl it is sent at once, and refreshed behind; after that a reader waits for a newer one. At most stale.',
          unset: '0s',
        },
        { minimum: '0ms', maximum: '365d' },
      ),
    ),
    maxAge: Type.Optional(
      duration(
        {
          description:
            'The longest time for which cache.freshness may keep an answer fresh, at least ttl.',
          unset: 'four times ttl and stale together; ttl itself where ttl is set here',
        },
        { minimum: '0ms', maximum: '365d' },
      ),
    ),
    share: Type.Optional(
      choice(
        {
          description:
            'Who may get the answer to another token: none, or account for everybody in the account.',
          unset: 'the shipped table',
        },
        ['none', 'account'],
      ),
    ),
  },
  { description: 'What differs from the shipped table for this resource.' },
)

/** The section `cache`. */
export const cache = Type.Object(
  {
    maxSize: size(
      {
        description: 'Bytes of answers kept; the least recently used go first.',
        default: '256MiB',
        variable: 'INTERVALS_PROXY_CACHE_SIZE',
      },
      { minimum: '1KiB', maximum: '1TiB' },
    ),
    maxDiskSize: size(
      {
        description:
          'Bytes of answers kept in the data directory, so that a restart begins with them; the oldest go first.',
        default: '1GiB',
        variable: 'INTERVALS_PROXY_CACHE_DISK_SIZE',
      },
      { minimum: '1KiB', maximum: '1TiB' },
    ),
    maxEntrySize: size(
      {
        description:
          'Longest answer that is kept; a longer one is only passed on. Never more than cache.maxSize.',
        default: '16MiB',
        variable: 'INTERVALS_PROXY_CACHE_ENTRY_SIZE',
      },
      { minimum: '1KiB', maximum: '1GiB' },
    ),
    upstreamDirectives: choice(
      {
        description:
          'What no-store, private and Vary of the upstream mean for resources in the table: ignore stores all the same, because PHP sends them with everything; obey does not. The profile http always obeys.',
        default: 'ignore',
        variable: 'INTERVALS_PROXY_UPSTREAM_DIRECTIVES',
      },
      ['ignore', 'obey'],
    ),
    cdnCacheControl: choice(
      {
        description:
          'For the profile http: whether CDN-Cache-Control (RFC 9213) is addressed to this cache. obey: where the upstream sends it, it counts instead of Cache-Control and Expires. ignore: it is passed on only.',
        default: 'obey',
        variable: 'INTERVALS_PROXY_CDN_CACHE_CONTROL',
      },
      ['obey', 'ignore'],
    ),
    profile: choice(
      {
        description:
          'What is known about answers: intervals is the table of resources, http is RFC 9111 only.',
        default: 'intervals',
        variable: 'INTERVALS_PROXY_CACHE_PROFILE',
      },
      ['intervals', 'http'],
    ),
    freshness: choice(
      {
        description:
          'How long answers are fresh. fixed: for their ttl. paced: for their ttl while the calls of the day last; answers that change are fetched sooner, and answers that rarely change are kept longer when the day would not last. saving: as long as changes are unlikely, all day.',
        default: 'paced',
        variable: 'INTERVALS_PROXY_FRESHNESS',
      },
      [...FRESHNESS_MODES],
    ),
    floor: duration(
      {
        description:
          'A stored answer younger than this satisfies every request, no-cache too: for clients that send it with each request.',
        default: '0s',
        variable: 'INTERVALS_PROXY_CACHE_FLOOR',
      },
      { minimum: '0ms', maximum: '1h' },
    ),
    writeSettle: duration(
      {
        description:
          'How long after a write Intervals may still show the state before it: entries fetched this soon after a write that touches them expire when it has passed. For the profile intervals.',
        default: '2s',
        variable: 'INTERVALS_PROXY_WRITE_SETTLE',
      },
      { minimum: '0ms', maximum: '5m' },
    ),
    coherence: choice(
      {
        description:
          'With store.redis: strict asks Redis before each stored answer whether another replica wrote; bounded asks at most every 250 ms, and may be behind by that.',
        default: 'strict',
        variable: 'INTERVALS_PROXY_CACHE_COHERENCE',
      },
      ['strict', 'bounded'],
    ),
    resources: Type.Record(Type.String(), resource, {
      description: 'Changes to the shipped table, by the name of the resource.',
      propertyNames: Type.Enum([...RESOURCE_NAMES]),
    }),
  },
  { description: 'What is kept, and for how long.' },
)
