/** Which web proxy leads to the upstream: `upstream.proxy`, else the usual variables of the environment. */
import { isLoopback } from './addresses.js'
import type { Config } from './schema.js'

type Env = Readonly<Record<string, string | undefined>>

/** What the environment says about the way to `url`; lower case first, as curl has it. */
export function variableFor(url: URL, env: Env): { name: string; value: string } | undefined {
  const lower = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy'
  for (const name of [lower, lower.toUpperCase()]) {
    const value = env[name]
    if (value !== undefined && value !== '') {
      return { name, value: value.includes('://') ? value : `http://${value}` }
    }
  }
  return undefined
}

/** The configuration with the proxy of the environment, where that applies. */
export function withWebProxy(config: Config, env: Env): Config {
  const { upstream } = config
  const url = new URL(upstream.url)
  const found = variableFor(url, env)
  const isDirect = upstream.proxy !== undefined || found === undefined || isLoopback(url.hostname)
  if (isDirect || isExempt(url, env)) return config
  if (webProxyProblem(found.value) !== undefined) return config
  return { ...config, upstream: { ...upstream, proxy: found.value } }
}

/** Why a proxy variable has no effect; undefined: it has, or NO_PROXY says that it should not. */
export function unusedVariable({ upstream }: Config, env: Env): string | undefined {
  if (upstream.proxy !== undefined || !URL.canParse(upstream.url)) return undefined
  const url = new URL(upstream.url)
  const found = variableFor(url, env)
  if (found === undefined || isExempt(url, env)) return undefined
  if (isLoopback(url.hostname)) {
    return `is not set, and ${found.name} is not used, because upstream.url is on this machine`
  }
  const problem = webProxyProblem(found.value)
  return problem && `is not set, and ${found.name} is not used, because it ${problem}`
}

/** What is wrong with the URL of a proxy. Nothing of it is repeated: any part may be a password. */
export function webProxyProblem(text: string): string | undefined {
  try {
    const { protocol, username, password, pathname, search, hash } = new URL(text)
    decodeURIComponent(username + password)
    if (protocol === 'http:' && `${pathname}${search}${hash}` === '/') return undefined
  } catch {
    // The message is the same.
  }
  return 'is not a URL such as http://proxy:3128 or http://user:password@proxy:3128; special characters of a password are written as %40'
}

/** For people: without credentials. */
export function describeWebProxy(proxy: string): string {
  return `http://${new URL(proxy).host}`
}

/** NO_PROXY: `*`, or hosts and their subdomains, each with a port or without. */
function isExempt(url: URL, env: Env): boolean {
  const written = env['no_proxy'] || env['NO_PROXY'] || ''
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  const host = url.hostname.replace(/^\[(.*)\]$/u, '$1')
  return written.split(/[\s,]+/u).some((entry) => {
    if (entry === '*') return true
    const parts = /^(?:\*?\.)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/u.exec(entry.toLowerCase())
    const name = parts?.[1] ?? parts?.[2]
    if (parts === null || name === undefined) return false
    if (parts[3] !== undefined && parts[3] !== port) return false
    return host === name || host.endsWith(`.${name}`)
  })
}
