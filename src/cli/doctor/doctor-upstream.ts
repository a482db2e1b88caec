/** Whether the upstream can be reached, and from where: a connection and a handshake, never a request. */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, rootCertificates, TLSSocket } from 'node:tls'
import type { Config } from '../../config/schema.js'
import { byEnd, day } from './doctor-tls.js'
import { describeWebProxy } from '../../config/web-proxy.js'
import { createTunnels } from '../../upstream/index.js'
import { fail, ok, warn, type Finding } from '../../report/doctor-finding.js'
import type { Context } from '../context.js'

const SUBJECT = 'upstream'
const TIMEOUT_MS = 5_000

/** Connect to the upstream and hang up; a request would count against its limits. */
export async function checkUpstream(
  { url, ca, proxy }: Config['upstream'],
  { readFile, env }: Pick<Context, 'readFile' | 'env'>,
): Promise<readonly Finding[]> {
  const { hostname, port, protocol } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/u, '$1')
  const isTls = protocol === 'https:'
  const place = { host, port: port === '' ? (isTls ? 443 : 80) : Number(port) }
  const trusted = ca === undefined ? {} : { ca: [...rootCertificates, readFile(ca)] }
  // An IP address is no name to ask a certificate for (RFC 6066 section 3).
  const name = /^[\d.]+$|:/u.test(host) ? {} : { servername: host }
  let tunnel: Socket | undefined
  if (proxy !== undefined) {
    const opened = await tunnelTo(new URL(url), proxy)
    if (typeof opened === 'string') return [fail(SUBJECT, `${url}: ${opened}`)]
    tunnel = opened
  }
  const way = tunnel === undefined ? {} : { socket: tunnel }
  const socket = isTls
    ? connectTls({ ...place, ...trusted, ...name, ...way })
    : (tunnel ?? connectTcp(place))
  const reached =
    socket === tunnel
      ? connectionOf(socket)
      : await outcome(socket, isTls ? 'secureConnect' : 'connect')
  socket.destroy()
  const past =
    proxy === undefined
      ? webProxyIn(env)
      : [ok('egress', `through the proxy ${describeWebProxy(proxy)}`)]
  if (typeof reached === 'string') return [fail(SUBJECT, `${url}: ${reached}`), ...past]
  return [connected(url, reached), egress(reached), ...past]
}

async function tunnelTo(
  { hostname, port, protocol }: URL,
  proxy: string,
): Promise<Socket | string> {
  const bare = hostname.replace(/^\[(.*)\]$/u, '$1')
  return new Promise((resolve) => {
    createTunnels(proxy, TIMEOUT_MS)({ hostname: bare, port, protocol }, (error, socket) =>
      resolve(socket ?? error?.message ?? 'no tunnel'),
    )
  })
}

interface Connection {
  readonly from: string
  readonly to: string
  readonly tls?: { readonly version: string; readonly validTo: string }
}

/** The connection once `socket` had its event, or what went wrong. Ends the socket. */
async function outcome(socket: Socket, event: string): Promise<string | Connection> {
  return new Promise((resolve) => {
    const finish = (result: string | Connection) => {
      socket.destroy()
      resolve(result)
    }
    socket.setTimeout(TIMEOUT_MS, () => {
      finish(
        `no connection within ${TIMEOUT_MS / 1000} s: is a firewall or a web proxy in between?`,
      )
    })
    socket.once(event, () => finish(connectionOf(socket)))
    // Stays on: a socket that is destroyed in a handshake may still report it.
    socket.on('error', (error: NodeJS.ErrnoException) => finish(advice(error)))
  })
}

function connectionOf(socket: Socket): Connection {
  const { localAddress: from = '?', remoteAddress: to = '?' } = socket
  if (!(socket instanceof TLSSocket)) return { from, to }
  const { valid_to: validTo } = socket.getPeerCertificate()
  return { from, to, tls: { version: socket.getProtocol() ?? 'TLS', validTo } }
}

function connected(url: string, { tls }: Connection): Finding {
  if (tls === undefined) return ok(SUBJECT, `${url}: connection made, no request spent`)
  const shown = `${url}: ${tls.version.replace('v', ' ')}, its certificate is valid until ${day(tls.validTo)}`
  return byEnd(tls.validTo, Date.now(), {
    // The handshake would have failed, unless it ended this moment.
    ended: () => warn(SUBJECT, `${shown}: only its operator can renew it`),
    soon: () => warn(SUBJECT, `${shown}: if it is yours, renew it`),
    good: () => ok(SUBJECT, `${shown}, no request spent`),
  })
}

/** Behind NAT, Intervals sees another address, which only a service outside could tell. */
function egress({ from, to }: Connection): Finding {
  return ok(
    'egress',
    `from ${from} to ${to}; the limit per minute is that of the address Intervals sees you come from, so everything behind it has to go through this proxy`,
  )
}

/** Variables that are set and do not apply here. */
function webProxyIn(env: Context['env']): readonly Finding[] {
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']
  const set = names.filter((name) => (env[name] ?? '') !== '')
  if (set.length === 0) return []
  return [
    warn(
      'egress',
      `${set.join(' and ')} ${set.length === 1 ? 'is' : 'are'} set, and not used: the proxy connects to the upstream directly`,
    ),
  ]
}

function advice({ code = '', message }: NodeJS.ErrnoException): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return 'the host is not known here: check upstream.url and the DNS of this machine'
  }
  if (code === 'ECONNREFUSED') return 'nothing listens there: check upstream.url'
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH') {
    return 'there is no way to it from here: check the network of this machine'
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'its certificate is for another host: check upstream.url'
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return `its certificate is not valid now (${code}): is the clock of this machine right? else only whoever runs it can renew it`
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_/u.test(code)) {
    return `its certificate is not trusted (${code}): name the CA that signed it in upstream.ca`
  }
  return `cannot connect (${code || message})`
}
