/** Talking to a proxy that runs somewhere: where it is, what it says, and what its silence means. */
import { Option, type Command } from 'commander'
import { Agent, request } from 'undici'
import type { Config } from '../config/schema.js'
import { formatProblem } from '../config/config-problem.js'
import { configOption, loadConfiguration } from './configuration.js'
import { CommandError, type Context } from './context.js'
import { waitFor } from './display/progress-notice.js'
import { isDistrust, trustOnly } from './trust.js'

/** Where a proxy answers, and what opens its own endpoints. */
export interface Target {
  /** Without a slash at the end. */
  readonly url: string
  readonly adminToken: string | undefined
  /** The certificate it has to show, as PEM. Default: one that this machine trusts. */
  readonly cert?: string
}

/** What one of the proxy's own endpoints is asked. */
interface Question {
  readonly path: string
  /** Sent as JSON by POST; default: a GET. */
  readonly body?: Readonly<Record<string, unknown>>
  /** More of a request than every question has. */
  readonly headers?: Readonly<Record<string, string>>
  /** Ends the wait for an answer. */
  readonly signal?: AbortSignal
}

/** How long the proxy may take to answer for itself. */
const TIMEOUT_MS = 10_000

/** Add the options that say which proxy is meant. */
export function defineTarget(command: Command): void {
  command
    .addOption(configOption())
    .addOption(new Option('--url <url>', 'where the proxy answers (default: as configured)'))
    .addOption(
      new Option('--admin-token <token>', 'server.adminToken (INTERVALS_PROXY_ADMIN_TOKEN)'),
    )
    .addOption(new Option('--json', 'print the answer as JSON'))
}

/** The proxy that the options mean; the configuration is read only if no URL is given. */
export function targetOf(command: Command, context: Context): Target {
  const { url, adminToken, config: file } = command.opts<Readonly<Record<string, string>>>()
  if (url !== undefined) {
    if (!/^https?:\/\//u.test(url) || !URL.canParse(url)) {
      throw new CommandError(`--url: expected an http or https URL, got "${url}"`, 2)
    }
    const token = adminToken ?? context.env['INTERVALS_PROXY_ADMIN_TOKEN']
    return { url: url.replace(/\/+$/u, ''), adminToken: token }
  }
  const loaded = loadConfiguration(context, file)
  if (!loaded.ok) {
    for (const problem of loaded.problems) context.err(formatProblem(problem))
    throw new CommandError('the configuration says no address; correct it, or name one with --url')
  }
  return {
    ...addressOf(loaded.config, context),
    ...(adminToken === undefined ? {} : { adminToken }),
  }
}

/** The address at which this machine reaches a proxy with this configuration. */
export function addressOf({ server }: Config, { readFile }: Pick<Context, 'readFile'>): Target {
  // An address that stands for every interface is none to connect to.
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[server.host] ?? server.host
  const name = host.includes(':') ? `[${host}]` : host
  const { adminToken, port, tls } = server
  if (tls?.cert === undefined) return { url: `http://${name}:${port}`, adminToken }
  return { url: `https://${name}:${port}`, adminToken, cert: readFile(tls.cert) }
}

/** Ask the proxy that the options mean; see `ask`. */
export async function askProxy(
  command: Command,
  context: Context,
  question: Question,
): Promise<unknown> {
  const target = targetOf(command, context)
  return waitFor(context, `waiting for ${target.url}`, ask(target, question))
}

/** The JSON that the proxy answers; anything else ends in a CommandError that says what to do. */
export async function ask(target: Target, question: Question): Promise<unknown> {
  const { path } = question
  const response = await send(target, question)
  if (response.status === 401 || response.status === 403) {
    throw new CommandError(
      target.adminToken === undefined
        ? `the proxy at ${target.url} wants its admin token: give it with --admin-token or INTERVALS_PROXY_ADMIN_TOKEN`
        : `the proxy at ${target.url} does not take this admin token: compare it with server.adminToken there`,
    )
  }
  const answer = parse(response.text)
  if (response.status !== 200 || answer === undefined) {
    const detail = messageIn(answer)
    throw new CommandError(
      detail === undefined
        ? `${target.url} answers, but not like intervals-proxy (status ${response.status} for ${path}): is --url right?`
        : `the proxy at ${target.url} refuses: ${detail}`,
    )
  }
  return answer
}

/** Send one question; silence ends in a CommandError that says what to do. */
export async function send(
  { url, adminToken, cert }: Target,
  { path, body, headers: more, signal }: Question,
): Promise<{ readonly status: number; readonly text: string }> {
  const headers = {
    accept: 'application/json',
    ...(adminToken === undefined ? {} : { authorization: `Bearer ${adminToken}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...more,
  }
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  const dispatcher = new Agent(cert === undefined ? {} : { connect: trustOnly(cert) })
  try {
    // Not fetch: it refuses to connect to ports such as 6000, which a proxy may well have.
    const response = await request(url + path, {
      dispatcher,
      headers,
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    return { status: response.statusCode, text: await response.body.text() }
  } catch (error) {
    throw new CommandError(silence({ url, cert }, error))
  } finally {
    await dispatcher.destroy()
  }
}

function silence(
  { url, cert }: Pick<Target, 'url'> & { cert: string | undefined },
  error: unknown,
): string {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return `no answer from ${url} within ${TIMEOUT_MS / 1000} s: is it the proxy, and is it overloaded? its log will say`
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no connection'
  if (code === 'ECONNREFUSED') {
    return `nothing answers at ${url}: is the proxy running? start it with "intervals-proxy serve", or say where it is with --url`
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `the host in ${url} is not known: check --url`
  }
  if (isDistrust(code)) {
    return cert === undefined
      ? `the certificate at ${url} is not trusted (${code}): name the configuration of that proxy with --config instead of --url, or the PEM file of the authority that signed it in NODE_EXTRA_CA_CERTS`
      : `${url} shows another certificate than server.tls.cert, or one that has ended (${code}): see the log of the proxy`
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return `${url} answers without TLS: was the proxy started before server.tls was set? restart it, or use http:// with --url`
  }
  return `${url} cannot be reached (${code}): check --url, and that it is a proxy of this kind`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What an error says, as text; undefined if it is none of the proxy's or of Intervals'. */
export const messageOf = (text: string): string | undefined => messageIn(parse(text))

/** The message of an error in the shape of Intervals: `{ error: { message } }` or `{ message }`. */
function messageIn(answer: unknown): string | undefined {
  const { error, message } = (answer ?? {}) as { error?: { message?: unknown }; message?: unknown }
  const found = error?.message ?? message
  return typeof found === 'string' ? found : undefined
}
