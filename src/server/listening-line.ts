import type { Config } from '../config/schema.js'
import { describeWebProxy } from '../config/web-proxy.js'

/** The line that says where the proxy listens. Scripts take the first URL in it. */
export function listeningLine(address: string, { upstream, store }: Config): string {
  const data = store.redis === undefined ? store.dir : 'Redis'
  const { url, proxy } = upstream
  const by = proxy === undefined ? '' : ` through the proxy ${describeWebProxy(proxy)}`
  return `listening on ${address}, to ${url}${by}; dashboard at ${address}/-/, data in ${data}`
}
