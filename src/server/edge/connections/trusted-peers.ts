/** Whose word is taken for the address of a consumer: server.trustProxy. */

import { BlockList, isIP } from 'node:net'

/** Whether a peer is one of them. */
export function trustedPeers(entries: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (address) => {
    const plain = plainAddress(address ?? '')
    const family = isIP(plain)
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
  }
}

/** A socket that takes both families writes IPv4 addresses as `::ffff:10.1.2.3`. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/iu, '')
