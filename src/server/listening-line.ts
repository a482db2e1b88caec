import type { Config } from '../config/schema.js'

/** The line that says where the proxy listens. Scripts take the first URL in it. */
export function listeningLine(address: string, { upstream, store }: Config): string {
  const data = store.redis === undefined ? store.dir : 'Redis'
  return `listening on ${address}, to ${upstream.url}; dashboard at ${address}/-/, data in ${data}`
}
