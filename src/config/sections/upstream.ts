import { Type } from 'typebox'
import { duration, text } from '../setting.js'

/** The section `upstream`. */
export const upstream = Type.Object(
  {
    url: text(
      {
        description: 'The Intervals API, or a simulator. A path in it is put before every path.',
        default: 'https://api.myintervals.com/',
        variable: 'INTERVALS_PROXY_UPSTREAM',
        flag: '--upstream <url>',
      },
      {
        pattern: '^https?://[^\\s?#@]+$',
        expected: 'an http or https URL without credentials, query or fragment',
      },
    ),
    timeout: duration(
      {
        description:
          'How long Intervals may take to begin an answer, and between two pieces of it; then it is a 504.',
        default: '30s',
        variable: 'INTERVALS_PROXY_UPSTREAM_TIMEOUT',
      },
      { minimum: '10ms', maximum: '10m' },
    ),
    answerTimeout: duration(
      {
        description:
          'How long the body of an answer may take in all, without the time that a slow consumer takes.',
        default: '10m',
        variable: 'INTERVALS_PROXY_UPSTREAM_ANSWER_TIMEOUT',
      },
      { minimum: '10ms', maximum: '1d' },
    ),
    ca: Type.Optional(
      text(
        {
          description: 'PEM file of one more certificate authority to trust for the upstream.',
          unset: "none: Node's own list",
          variable: 'INTERVALS_PROXY_UPSTREAM_CA',
        },
        { pattern: '.', expected: 'the path of a PEM file' },
      ),
    ),
    proxy: Type.Optional(
      text(
        {
          description:
            'Web proxy on the way to the upstream: http://HOST:3128 or http://USER:PASSWORD@HOST:3128. It has to allow CONNECT.',
          unset: 'HTTPS_PROXY (HTTP_PROXY for http) and NO_PROXY; direct to this machine',
          variable: 'INTERVALS_PROXY_UPSTREAM_PROXY',
          secret: true,
        },
        { pattern: '^http://', expected: 'an http URL' },
      ),
    ),
  },
  { description: 'What the proxy stands in front of.' },
)
