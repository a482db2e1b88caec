/** The HTTP or HTTPS server of a simulator. */
import { createServer as createHttp } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { renderError } from '../api/answer.js'
import { ApiError } from '../api-error.js'
import type { SimulatorSettings } from '../options.js'

export interface Listener {
  readonly url: string
  readonly port: number
  /** Closes all connections. */
  close(): Promise<void>
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Rejects when listening fails. */
export async function startListener(
  settings: SimulatorSettings,
  handle: Handler,
): Promise<Listener> {
  const server = createListener(settings, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      fail(request, response, { error, settings })
    })
  })
  await listen(server, settings)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('Expected a TCP port')
  const { port } = address
  const { host, tls } = settings
  const scheme = tls === undefined ? 'http' : 'https'
  return {
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Longer than any client keeps an idle connection, so that no request meets a closing one. */
const keepAliveMs = 120_000

function createListener(
  { tls }: SimulatorSettings,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const options = { keepAliveTimeout: keepAliveMs, maxHeaderSize: 65_536 }
  return tls === undefined
    ? createHttp(options, onRequest)
    : createHttps({ ...options, ...tls }, onRequest)
}

/**
 * The client has disconnected or the simulator is closing. Any other error is a bug of the simulator,
 * and the answer shows it to the test.
 */
function fail(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { error, settings }: { readonly error: unknown; readonly settings: SimulatorSettings },
): void {
  if (response.destroyed || response.headersSent) {
    response.destroy()
    return
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const answer = renderError(new ApiError(1, detail), { headers }, { settings, personid: null })
  response.writeHead(answer.status, answer.headers).end(answer.body)
}

function listen(server: Server, { port, host }: SimulatorSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
