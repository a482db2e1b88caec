import { Type } from 'typebox'
import { integer, size, text } from '../setting.js'

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
