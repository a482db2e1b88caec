/** A program that calls Intervals through the proxy, and keeps what each answer said about its call. */

/** What became of one request, read off the headers that every consumer gets. */
export interface Answer {
  readonly path: string
  readonly status: number
  readonly body: string
  /** Cache-Status without the name of the cache. */
  readonly cacheStatus: string
  readonly fate: Fate
  /** Time in the queue, as the proxy says in Server-Timing; 0 where there was none. */
  readonly queuedMs: number
  /** From asking to the whole answer, as the consumer measured it. */
  readonly tookMs: number
  readonly retryAfterSeconds: number | undefined
}

/** `sent` alone costs a request of the limits. */
export const FATES = ['hit', 'joined', 'sent', 'refused'] as const
export type Fate = (typeof FATES)[number]

export interface Consumer {
  readonly name: string
  readonly answers: readonly Answer[]
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  put(path: string, fields: Readonly<Record<string, unknown>>): Promise<Answer>
}

export function createConsumer(
  proxyUrl: string,
  { name, token }: { readonly name: string; readonly token: string },
): Consumer {
  const answers: Answer[] = []

  async function ask(path: string, init: RequestInit): Promise<Answer> {
    const startedMs = performance.now()
    const response = await fetch(proxyUrl + path, {
      ...init,
      headers: {
        accept: 'application/json',
        authorization: `Basic ${Buffer.from(`${token}:X`).toString('base64')}`,
        'intervals-proxy-consumer': name,
        ...(init.headers as Record<string, string> | undefined),
      },
    })
    const body = await response.text()
    const { headers, status } = response
    const cacheStatus = headers.get('cache-status')?.replace(/^intervals-proxy;? ?/, '') ?? ''
    const retryAfter = headers.get('retry-after')
    const answer: Answer = {
      path,
      status,
      body,
      cacheStatus,
      fate: fateOf(cacheStatus),
      queuedMs: Number(/queue;dur=([\d.]+)/.exec(headers.get('server-timing') ?? '')?.[1] ?? 0),
      tookMs: performance.now() - startedMs,
      retryAfterSeconds: retryAfter === null ? undefined : Number(retryAfter),
    }
    answers.push(answer)
    return answer
  }

  return {
    name,
    answers,
    get: (path, headers = {}) => ask(path, { headers }),
    put: (path, fields) =>
      ask(path, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fields),
      }),
  }
}

function fateOf(cacheStatus: string): Fate {
  const parameters = cacheStatus.split(/; ?/)
  if (parameters.includes('hit')) return 'hit'
  if (parameters.includes('collapsed')) return 'joined'
  return parameters.some((parameter) => parameter.startsWith('fwd=')) ? 'sent' : 'refused'
}
