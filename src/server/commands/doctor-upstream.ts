/** Whether the upstream can be reached: a connection and a TLS handshake, never a request. */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, rootCertificates } from 'node:tls'
import type { Config } from '../config/schema.js'
import { fail, ok, type Finding } from './finding.js'

const SUBJECT = 'upstream'
const TIMEOUT_MS = 5000

/** Connect to the upstream and hang up; a request would count against its limits. */
export async function checkUpstream(
  { url, ca }: Config['upstream'],
  readFile: (path: string) => string,
): Promise<Finding> {
  const { hostname, port, protocol } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/u, '$1')
  const isTls = protocol === 'https:'
  const place = { host, port: port === '' ? (isTls ? 443 : 80) : Number(port) }
  const trusted = ca === undefined ? {} : { ca: [...rootCertificates, readFile(ca)] }
  // An IP address is no name to ask a certificate for (RFC 6066 section 3).
  const name = /^[\d.]+$|:/u.test(host) ? {} : { servername: host }
  const socket = isTls ? connectTls({ ...place, ...trusted, ...name }) : connectTcp(place)
  const problem = await outcome(socket, isTls ? 'secureConnect' : 'connect')
  if (problem !== undefined) return fail(SUBJECT, `${url}: ${problem}`)
  const how = isTls ? 'TLS handshake done' : 'connection made'
  return ok(SUBJECT, `${url}: ${how}, no request spent`)
}

/** What kept `socket` from its event; undefined if nothing did. Ends the socket. */
async function outcome(socket: Socket, event: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const finish = (problem?: string) => {
      socket.destroy()
      resolve(problem)
    }
    socket.setTimeout(TIMEOUT_MS, () => {
      finish(
        `no connection within ${TIMEOUT_MS / 1000} s: is a firewall or a web proxy in between?`,
      )
    })
    socket.once(event, () => finish())
    // Stays on: a socket that is destroyed in a handshake may still report it.
    socket.on('error', (error: NodeJS.ErrnoException) => finish(advice(error)))
  })
}

function advice({ code = '', message }: NodeJS.ErrnoException): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return 'the host is not known here: check upstream.url and the DNS of this machine'
  }
  if (code === 'ECONNREFUSED') return 'nothing listens there: check upstream.url'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'its certificate is for another host: check upstream.url'
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_/u.test(code)) {
    return `its certificate is not trusted (${code}): name the CA that signed it in upstream.ca`
  }
  return `cannot connect (${code || message})`
}
