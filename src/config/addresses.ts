/** Addresses as settings name them. */

import { isIP } from 'node:net'

/** Whether only this machine can reach an address: `localhost`, `127.x.x.x` or `::1`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127\.[\d.]+$/u.test(host) || /^\[?::1\]?$/u.test(host)
}

/** An address or a range: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`. */
export function isAddressOrRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return (
    bits === undefined || (/^\d{1,3}$/u.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  )
}

/** A host name or an address; in an address of IPv6 a colon is no port. */
export const hasPort = (host: string): boolean => host.includes(':') && isIP(host) !== 6
