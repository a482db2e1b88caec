/** What well-behaved consumers ask, and what they check in the answers. */

import { setTimeout as wait } from 'node:timers/promises'
import { Agent, request, type Dispatcher } from 'undici'
import { CLIENT_IDS, versionOf, type Book } from './book.js'
import { HOSTILE } from './hostile.js'

export interface Findings {
  /** How often what happened. */
  readonly counts: Map<string, number>
  /** What must not happen; the first hundred. */
  readonly violations: string[]
}

export interface Load {
  readonly url: string
  readonly port: number
  readonly book: Book
  /** Bodies of what never changes, by target. */
  readonly constant: ReadonlyMap<string, string>
  readonly findings: Findings
  readonly isOver: () => boolean
}

export const TOKENS = ['agencyadm01', 'agencyadm02', 'agencyadm03', 'agencyadm1b'] as const
/** `/me/` says who somebody is: the second token of a person is the same one. */
const USERS: Readonly<Record<string, string>> = { agencyadm1b: 'agencyadm01' }
/** Longer than an entry may be, so it is streamed. */
export const LONG = '/task/?limit=300'
export const CONSTANT = [
  LONG,
  '/worktype/',
  '/taskstatus/',
  '/taskpriority/',
  ...Array.from({ length: 10 }, (_, at) => `/project/?limit=3&offset=${at * 3}`),
] as const

export const authorizationOf = (token: string): string =>
  `Basic ${Buffer.from(`${token}:X`).toString('base64')}`

const agent = new Agent({ connections: 300, headersTimeout: 60_000, bodyTimeout: 60_000 })

export function note({ counts }: Findings, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

export function violate({ violations }: Findings, what: string): void {
  if (violations.length < 100) violations.push(what)
}

export async function consume(load: Load, below: (limit: number) => number): Promise<void> {
  while (!load.isOver()) {
    const dice = below(100)
    if (dice < 45) await readClient(load, below)
    else if (dice < 55) await readClients(load, below)
    else if (dice < 75) await readConstant(load, below)
    else if (dice < 80) await readMe(load, below)
    else if (dice < 82) await write(load, below)
    else if (dice < 93) await readConstant(load, below)
    else {
      const hostile = HOSTILE[below(HOSTILE.length)]
      note(load.findings, `hostile: ${hostile?.name}`)
      await hostile?.run(load.port, below)
    }
    await wait(below(60))
  }
}

interface Question {
  readonly target: string
  readonly token: string
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Answer {
  readonly status: number
  readonly headers: Dispatcher.ResponseData['headers']
  readonly text: string
}

/** Undefined: it broke off, or we did. What arrived whole is an answer. */
async function ask(
  load: Load,
  below: (limit: number) => number,
  question: Question,
): Promise<Answer | undefined> {
  const { target, token, method = 'GET', body, headers } = question
  const abort = new AbortController()
  const timer = below(12) === 0 ? setTimeout(() => abort.abort(), below(400)) : undefined
  const isSlow = below(25) === 0
  try {
    const response = await request(load.url + target, {
      dispatcher: agent,
      method: method,
      headers: {
        accept: 'application/json',
        authorization: authorizationOf(token),
        'intervals-proxy-consumer': `consumer-${below(8)}`,
        prefer: `wait=${1 + below(8)}`,
        ...(below(15) === 0 && { 'cache-control': 'no-cache' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
      signal: abort.signal,
    })
    const chunks: Buffer[] = []
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      if (isSlow) await wait(20)
    }
    const { statusCode: status } = response
    note(load.findings, `${method} ${status}`)
    const word = /^intervals-proxy; (hit|fwd=[\w-]+)/.exec(String(response.headers['cache-status']))
    if (word?.[1] !== undefined) note(load.findings, `cache: ${word[1]}`)
    const text = Buffer.concat(chunks).toString()
    if (status === 500 && text.includes('INTERNAL')) violate(load.findings, `INTERNAL: ${target}`)
    if (status >= 500)
      note(load.findings, `reason: ${/"reason":"(\w+)"/.exec(text)?.[1] ?? 'of the upstream'}`)
    return { status, headers: response.headers, text }
  } catch {
    note(load.findings, abort.signal.aborted ? `${method} aborted by us` : `${method} broke off`)
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

/** Of all answers together; each has one of these. */
interface Body {
  /** One of them stands there alone. */
  readonly client?: ClientRow | readonly ClientRow[]
  readonly me?: readonly { readonly username: string }[]
}

function parse({ findings }: Load, target: string, { text }: Answer): Body | undefined {
  try {
    return JSON.parse(text) as Body
  } catch {
    violate(findings, `${target}: 200 with a body that is not JSON: ${text.slice(0, 80)}`)
    return undefined
  }
}

const tokenOf = (below: (limit: number) => number): string => TOKENS[below(TOKENS.length)] ?? ''

interface ClientRow {
  readonly id: string
  readonly description: string
}

function checkRows(
  { book, findings }: Load,
  target: string,
  {
    rows,
    before,
    status,
  }: { rows: readonly ClientRow[]; before: ReadonlyMap<string, number>; status: string },
): void {
  for (const { id, description } of rows) {
    const objection = book.objection(id, versionOf(description), before)
    if (objection !== undefined) violate(findings, `${target}: ${objection} (${status})`)
  }
  note(findings, 'bodies compared')
}

async function readClient(load: Load, below: (limit: number) => number): Promise<void> {
  const id = CLIENT_IDS[below(CLIENT_IDS.length)] ?? ''
  const target = `/client/${id}/`
  const before = load.book.snapshot()
  const answer = await ask(load, below, { target, token: tokenOf(below) })
  if (answer?.status !== 200) return
  const body = parse(load, target, answer)
  const rows = [body?.client ?? []].flat()
  if (rows.length !== 1 || rows[0]?.id !== id) violate(load.findings, `${target}: another row`)
  checkRows(load, target, { rows, before, status: String(answer.headers['cache-status']) })
  const { etag } = answer.headers
  if (typeof etag !== 'string' || below(4) !== 0) return
  // A 304 says that what we have is what we would get: so it has to be recent enough.
  const again = load.book.snapshot()
  const headers = { 'if-none-match': etag }
  const checked = await ask(load, below, { target, token: tokenOf(below), headers })
  if (checked?.status === 304)
    checkRows(load, `${target} 304`, { rows, before: again, status: '304' })
}

async function readClients(load: Load, below: (limit: number) => number): Promise<void> {
  const target = `/client/?limit=${40 - below(3)}`
  const before = load.book.snapshot()
  const answer = await ask(load, below, { target, token: tokenOf(below) })
  if (answer?.status !== 200) return
  const body = parse(load, target, answer)
  const status = String(answer.headers['cache-status'])
  checkRows(load, target, { rows: [body?.client ?? []].flat(), before, status })
}

async function readConstant(load: Load, below: (limit: number) => number): Promise<void> {
  const target = CONSTANT[below(CONSTANT.length)] ?? ''
  const answer = await ask(load, below, { target, token: 'agencyadm01' })
  if (answer?.status !== 200) return
  note(load.findings, 'bodies compared')
  if (answer.text !== load.constant.get(target)) {
    violate(load.findings, `${target}: another body, ${answer.text.length} characters`)
  }
}

async function readMe(load: Load, below: (limit: number) => number): Promise<void> {
  const token = tokenOf(below)
  const answer = await ask(load, below, { target: '/me/', token })
  if (answer?.status !== 200) return
  const body = parse(load, '/me/', answer)
  note(load.findings, 'bodies compared')
  const name = body?.me?.[0]?.username
  if (name !== (USERS[token] ?? token))
    violate(load.findings, `/me/: ${token} is told to be ${name}`)
}

async function write(load: Load, below: (limit: number) => number): Promise<void> {
  const next = load.book.begin(below(CLIENT_IDS.length))
  if (next === undefined) return
  const { id, version } = next
  const answer = await ask(load, below, {
    target: `/client/${id}/`,
    token: tokenOf(below),
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ description: `v${version}` }),
  })
  const status = answer?.status ?? 0
  const isAccepted = status >= 200 && status < 300
  const end = isAccepted ? 'acknowledged' : status === 429 ? 'refused' : 'unknown'
  note(load.findings, `write ${end}`)
  load.book.end(id, version, end)
}
