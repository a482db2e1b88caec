/** A connection to the upstream through a web proxy: CONNECT (RFC 9110 section 9.3.6), then it is the upstream's. */

import type { Socket } from 'node:net'
import { buildConnector } from 'undici'

/** No connection through the proxy of `upstream.proxy`. Nothing was sent to the upstream. */
export class ProxyTunnelError extends Error {
  readonly code = 'UPSTREAM_PROXY'
}

const MAX_HEAD_BYTES = 16_384

export type OpenTunnel = (
  target: { readonly hostname: string; readonly port: string; readonly protocol: string },
  opened: (error: ProxyTunnelError | null, socket: Socket | null) => void,
) => void

export function createTunnels(proxy: string, withinMs: number): OpenTunnel {
  const { hostname, port, host, username, password } = new URL(proxy)
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const authorization =
    login === ':' ? '' : `Proxy-Authorization: Basic ${Buffer.from(login).toString('base64')}\r\n`
  const connect = buildConnector({ timeout: withinMs, allowH2: false })
  const place = { hostname: hostname.replace(/^\[(.*)\]$/u, '$1'), host, port, protocol: 'http:' }
  return (target, opened) => {
    const deadlineMs = performance.now() + withinMs
    connect(place, (...[error, connected]: Parameters<buildConnector.Callback>) => {
      if (error !== null || connected === null) {
        const { code = 'no connection' } = (error ?? {}) as NodeJS.ErrnoException
        opened(
          new ProxyTunnelError(`the proxy of upstream.proxy cannot be reached (${code})`),
          null,
        )
        return
      }
      const name = target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname
      const to = `${name}:${target.port || (target.protocol === 'https:' ? 443 : 80)}`
      awaitTunnel(connected, Math.max(1, deadlineMs - performance.now()), opened)
      connected.write(`CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\n${authorization}\r\n`)
    })
  }
}

/** Calls `opened` once: when the proxy has answered, or will not. */
function awaitTunnel(
  socket: Socket,
  withinMs: number,
  opened: (error: ProxyTunnelError | null, socket: Socket | null) => void,
): void {
  let head = ''
  const finish = (what?: string): void => {
    clearTimeout(timer)
    socket.off('readable', read).off('end', ended).off('close', ended)
    if (what === undefined) {
      opened(null, socket)
      return
    }
    socket.destroy()
    opened(new ProxyTunnelError(`the proxy of upstream.proxy ${what}`), null)
  }
  const ended = (): void => finish('closed the connection instead of answering CONNECT')
  // Stays on: a destroyed socket, and one below TLS, may still report an error.
  const failed = (): void => {}
  const timer = setTimeout(() => finish('did not answer CONNECT in time'), withinMs)
  function read(): void {
    for (let piece; (piece = socket.read() as Buffer | null) !== null;) {
      head += piece.toString('latin1')
    }
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) {
      if (head.length > MAX_HEAD_BYTES) finish('answered CONNECT with too many headers')
      return
    }
    const status = /^HTTP\/1\.[01] (\d{3})\b/u.exec(head)?.[1]
    if (status === undefined) finish('does not speak HTTP')
    else if (!status.startsWith('2'))
      finish(`refused the connection to the upstream with ${status}`)
    // What follows would be read as the answer to the first request.
    else if (end + 4 < head.length) finish('sent more than its answer to CONNECT')
    else finish()
  }
  socket.on('readable', read).on('end', ended).on('close', ended).on('error', failed)
}
