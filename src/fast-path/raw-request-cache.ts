/**
 * Requests by their bytes. What Node's parser made of the lines below the request line is known by those
 * lines, and the request line is of one plain form; so the same bytes are the same request, and nothing
 * is parsed here that has not been parsed before.
 */

import { LRUCache } from 'lru-cache'
import type { HeadTemplate } from './head-templates.js'
import type { RequestTemplate } from './request-template.js'

const METHOD = 'GET '
const VERSION = ' HTTP/1.1'
/** Each of them is taken by the parser as it is, wherever it stands in a path or a query. */
const TARGET = /^\/[\x21\x23-\x7e]*$/u
const MAX_HEADS = 2_000
const MAX_READS = 4_000
/** With the bound above one in bytes: some 10 MB. Longer ones go the long way. */
const MAX_LENGTH = 2_048
const MAX_TARGET_LENGTH = 512

export class RawRequestCache {
  readonly #heads = new LRUCache<string, HeadTemplate>({ max: MAX_HEADS })
  /** Of whole requests: who asks for the same again and again is found with one look-up. */
  readonly #reads = new LRUCache<string, RequestTemplate>({ max: MAX_READS })
  readonly #readOf: (head: HeadTemplate, rawTarget: string) => RequestTemplate | undefined

  constructor(readOf: (head: HeadTemplate, rawTarget: string) => RequestTemplate | undefined) {
    this.#readOf = readOf
  }

  /** Heads that are known. */
  get size(): number {
    return this.#heads.size
  }

  /** Undefined: they have to be parsed. */
  find(peer: string, chunk: Buffer): RequestTemplate | undefined {
    if (chunk.length > MAX_LENGTH + MAX_TARGET_LENGTH) return undefined
    const text = chunk.toString('latin1')
    const whole = peer + text
    const known = this.#reads.get(whole)
    if (known !== undefined) return known
    const parts = partsOf(text)
    const head = parts && this.#heads.get(peer + parts.lines)
    const read = head && this.#readOf(head, parts.rawTarget)
    if (read !== undefined) this.#reads.set(whole, read)
    return read
  }

  /** These bytes were one request without a body, and it was answered by what is known of this head. */
  learn(peer: string, chunk: Buffer, head: HeadTemplate): void {
    const parts = partsOf(chunk.toString('latin1'))
    if (parts === undefined || parts.lines.length > MAX_LENGTH) return
    this.#heads.set(peer + parts.lines, head)
  }
}

/** The request-target, and everything from the end of the request line on. */
function partsOf(text: string): { rawTarget: string; lines: string } | undefined {
  const end = text.indexOf('\r\n')
  const targetEnd = end - VERSION.length
  if (!text.startsWith(METHOD) || !text.startsWith(VERSION, targetEnd)) return undefined
  const rawTarget = text.slice(METHOD.length, targetEnd)
  return TARGET.test(rawTarget) ? { rawTarget, lines: text.slice(end) } : undefined
}
