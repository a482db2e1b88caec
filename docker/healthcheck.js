// For HEALTHCHECK: the image has no curl. Exit 0 if the proxy in this container answers /-/livez.
import { request as plain } from 'node:http'
import { request as secure } from 'node:https'

const port = process.env.INTERVALS_PROXY_PORT ?? '8080'
const options = { host: '127.0.0.1', port, path: '/-/livez', timeout: 4_000 }
// Whose certificate it is does not matter here: nothing is sent, and it is this container.
const get = process.env.INTERVALS_PROXY_TLS_CERT === undefined ? plain : secure
get({ ...options, rejectUnauthorized: false }, ({ statusCode }) =>
  process.exit(statusCode === 200 ? 0 : 1),
)
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
  .end()
