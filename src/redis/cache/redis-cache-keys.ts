/** Names of keys: all of one account in one hash slot, and no name of an account in them. */

import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'

const tags = new LRUCache<string, string>({ max: 10_000 })

export const digest = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 22)

/** `what` within the account; the part in braces decides the slot. */
export function accountKey(namespace: string, account: string, what: string): string {
  let tag = tags.get(account)
  if (tag === undefined) {
    tag = digest(account)
    tags.set(account, tag)
  }
  return `${namespace}{${tag}}:${what}`
}
