/** The answer that all serve: JSON like that of Intervals, of the length that the target names. */

import { createHash } from 'node:crypto'

export interface Answer {
  readonly headers: {
    readonly 'content-type': string
    readonly 'content-length': string
    readonly etag: string
  }
  readonly body: Buffer
}

/** A resource that is fresh for minutes, at this proxy too. */
export const targetOf = (bytes: number, id = 1): string => `/project/?limit=${bytes}&offset=${id}`

const made = new Map<string, Answer>()

export function answerOf(target = ''): Answer {
  const bytes = Number(/[?&]limit=(\d+)/.exec(target)?.[1] ?? 512)
  const known = made.get(String(bytes))
  if (known !== undefined) return known
  const body = Buffer.from(jsonOf(bytes))
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const answer = {
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.length),
      etag,
    },
    body,
  }
  made.set(String(bytes), answer)
  return answer
}

function jsonOf(bytes: number): string {
  const head = '{"personid":"100001","status":"OK","code":"200","listcount":"1","project":['
  const tail = ']}'
  let rows = ''
  for (let id = 1; head.length + rows.length + tail.length < bytes; id++) {
    const row = `{"id":"${id}","name":"Website ${id}","clientid":"${id % 40}","active":"t"}`
    rows += rows === '' ? row : `,${row}`
  }
  // Spaces between two values are no part of them, so it stays JSON of exactly this length.
  const text = head + rows.slice(0, Math.max(0, rows.lastIndexOf(',{'))) + tail
  return text.padEnd(bytes, ' ')
}
