import { Type } from 'typebox'
import { duration, integer, integerOrAuto, list, size, text } from '../setting.js'

const overload = Type.Object(
  {
    maxEventLoopDelay: duration(
      {
        description: 'How late the proxy comes to what it has to do, on average of three seconds.',
        default: '1s',
        variable: 'INTERVALS_PROXY_MAX_EVENT_LOOP_DELAY',
      },
      { minimum: '0ms', maximum: '1m' },
    ),
    maxHeap: Type.Optional(
      size(
        {
          description: 'Heap of JavaScript in use. Stored answers and bodies are not in it.',
          unset: '90% of what Node may use (--max-old-space-size)',
          variable: 'INTERVALS_PROXY_MAX_HEAP',
        },
        { minimum: '0B', maximum: '1TiB' },
      ),
    ),
    maxRss: Type.Optional(
      size(
        {
          description:
            'Memory of the whole process. The pages of the files in store.dir count, though the system takes them back when it needs to.',
          unset: 'not looked at',
          variable: 'INTERVALS_PROXY_MAX_RSS',
        },
        { minimum: '0B', maximum: '1TiB' },
      ),
    ),
  },
  {
    description:
      'Above one of these, what would need the queue, a body or the upstream is refused with 503, and stored answers are still served; 0 is off.',
  },
)

/** The section `server`. */
export const server = Type.Object(
  {
    host: text(
      {
        description:
          'Address to listen on. Anything but a loopback address should come with an adminToken.',
        default: '127.0.0.1',
        variable: 'INTERVALS_PROXY_HOST',
        flag: '--host <host>',
      },
      { pattern: '^[\\w.:%\\-]+$', expected: 'a host name or an IP address without its port' },
    ),
    port: integer(
      {
        description: 'Port to listen on; 0 takes a free one.',
        default: 8080,
        variable: 'INTERVALS_PROXY_PORT',
        flag: '--port <port>',
      },
      { minimum: 0, maximum: 65_535 },
    ),
    adminToken: Type.Optional(
      text(
        {
          description:
            'Bearer token for everything under /-/ except the health checks. Best set by its variable.',
          unset: 'none: /-/ answers loopback only',
          variable: 'INTERVALS_PROXY_ADMIN_TOKEN',
          secret: true,
        },
        { pattern: '^[\\x21-\\x7e]+$', expected: 'text without spaces, in quotes' },
      ),
    ),
    bodyLimit: size(
      {
        description:
          'Longest request body taken from a consumer; a longer one is refused with 413.',
        default: '10MiB',
        variable: 'INTERVALS_PROXY_BODY_LIMIT',
      },
      { minimum: '1KiB', maximum: '1GiB' },
    ),
    bodyMemory: size(
      {
        description:
          'Bytes of request bodies held at the same time, of those that wait too; past it a request with a body is refused with 503.',
        default: '256MiB',
        variable: 'INTERVALS_PROXY_BODY_MEMORY',
      },
      { minimum: '1KiB', maximum: '64GiB' },
    ),
    maxConnections: integer(
      {
        description:
          'Connections of consumers at the same time; one address gets half of them at most, unless it is of this machine or in trustProxy.',
        default: 4000,
        variable: 'INTERVALS_PROXY_MAX_CONNECTIONS',
      },
      { minimum: 1, maximum: 100_000 },
    ),
    workers: integerOrAuto(
      {
        description:
          'Processes that answer hits, beside one that does everything else; 1 is one process for all, auto one for each core. See docs/workers.md.',
        default: 1,
        variable: 'INTERVALS_PROXY_WORKERS',
      },
      { minimum: 1, maximum: 64 },
    ),
    trustProxy: Type.Optional(
      list(
        {
          description:
            'Proxies in front of this one, by address or range: from them X-Forwarded-For says who asks. Nothing of it is sent on.',
          unset: 'none: who asks is who connects',
        },
        {
          pattern: '^[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?$',
          expected: 'a list of addresses and ranges, such as [10.0.0.5, fd00::/8]',
          maxItems: 100,
        },
      ),
    ),
    cors: Type.Optional(
      Type.Object(
        {
          origins: Type.Optional(
            list(
              {
                description:
                  'Web pages that may call the proxy from a browser, by the exact origin that the browser sends. Preflights are answered by the proxy and cost no call.',
                unset: 'none: no CORS headers; the upstream answers preflights',
                variable: 'INTERVALS_PROXY_CORS_ORIGINS',
              },
              {
                pattern: '^[a-z][a-z0-9+.\\-]*://[a-z0-9.\\-\\[\\]:]+$',
                expected: 'a list of exact origins, such as [https://app.example.com]',
                maxItems: 100,
              },
            ),
          ),
        },
        { description: 'Cross-origin requests from browsers (CORS).' },
      ),
    ),
    overload,
    tls: Type.Optional(
      Type.Object(
        {
          cert: Type.Optional(
            text(
              {
                description:
                  'PEM file of the certificate, with those that signed it after it. A new one is taken without a restart.',
                unset: 'none: http',
                variable: 'INTERVALS_PROXY_TLS_CERT',
              },
              { pattern: '.', expected: 'the path of a PEM file' },
            ),
          ),
          key: Type.Optional(
            text(
              {
                description: 'PEM file of its private key, without a passphrase.',
                unset: 'none: http',
                variable: 'INTERVALS_PROXY_TLS_KEY',
              },
              { pattern: '.', expected: 'the path of a PEM file' },
            ),
          ),
        },
        { description: 'TLS towards consumers, 1.2 or newer: both files, or neither.' },
      ),
    ),
  },
  { description: 'Where the proxy listens, and who may look behind it.' },
)
