/** The primary listens for its workers, and they for everybody. */

import { join, resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { CACHE_FILE } from '../server/data-dir/data-dir.js'
import { claimSocketPath } from './socket-path.js'
import type { Workers } from './supervisor.js'

/**
 * Resolves to the address that consumers use, as a URL.
 *
 * @throws StartRefusedError without a place for the socket; Error with a code when a worker cannot listen
 */
export async function listenWithWorkers(
  app: FastifyInstance,
  workers: Workers,
  to: string,
): Promise<string> {
  const { config, deps } = app.services
  const socketPath = claimSocketPath(config.store.dir)
  // While workers are there they may pass something on: they go first.
  app.addHook('preClose', async () => workers.stop())
  await app.listen({ path: socketPath, listenTextResolver: () => 'ready for workers' })
  const { host, port } = await workers.start(app, {
    socketPath,
    file: join(resolve(config.store.dir), CACHE_FILE),
    secret: deps.secret,
    version: deps.version,
  })
  const scheme = config.server.tls?.cert === undefined ? 'http' : 'https'
  const address = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
  app.log.info(`listening on ${address}${to}, with ${workers.count} workers`)
  return address
}
