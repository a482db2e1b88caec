/** TLS of our own: from the two files to the server, and again whenever they change. */

import { readFileSync } from 'node:fs'
import type { Server } from 'node:https'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../../config/schema.js'
import { StartRefusedError } from '../../start-refused.js'
import { keepCurrent, validity } from './keep-current.js'
import type { TlsFiles } from './keep-current.js'
import { MIN_TLS_VERSION, tlsProblem } from '../../../config/tls-pair.js'
import type { TlsPair } from '../../../config/tls-pair.js'

/** Who does not end the handshake in this time, in ms, is cut off. Node would wait two minutes. */
const HANDSHAKE_TIMEOUT_MS = 10_000

export interface TlsSetup {
  readonly files: TlsFiles
  readonly pair: TlsPair
}

/**
 * What server.tls says; undefined without it.
 *
 * @throws StartRefusedError when the files are no longer what the configuration was checked with
 */
export function readTls({ server }: Config): TlsSetup | undefined {
  const { cert, key } = server.tls ?? {}
  if (cert === undefined || key === undefined) return undefined
  const pair = { cert: readFileSync(cert, 'latin1'), key: readFileSync(key, 'latin1') }
  const problem = tlsProblem(pair)
  if (problem !== undefined) throw new StartRefusedError(problem)
  return { files: { cert, key }, pair }
}

/** Options of Fastify; none without a pair. */
export function httpsOptions(pair: TlsPair | undefined): { readonly https?: object } {
  if (pair === undefined) return {}
  const handshakeTimeout = HANDSHAKE_TIMEOUT_MS
  return { https: { ...pair, minVersion: MIN_TLS_VERSION, handshakeTimeout } }
}

/** New connections get the new certificate; those that are open go on with theirs. */
export function reloadTls(
  app: FastifyInstance,
  { files, pair }: TlsSetup,
  { wallMs, everyMs }: { readonly wallMs: () => number; readonly everyMs?: number },
): void {
  const server = app.server as unknown as Server
  app.log.info(`TLS with ${files.cert}; ${validity(pair.cert, wallMs())}`)
  const kept = keepCurrent({
    files,
    pair,
    use: (next) => server.setSecureContext({ ...next, minVersion: MIN_TLS_VERSION }),
    log: { info: (text) => app.log.info(text), error: (text) => app.log.error(text) },
    wallMs,
    ...(everyMs !== undefined && { everyMs }),
  })
  app.addHook('onClose', async () => kept.close())
}
