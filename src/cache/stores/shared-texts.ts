/**
 * Texts that entries have in common, such as their headers, are kept once and not with each entry: of an
 * entry with a body of 1 KB they were a third. What is rare is forgotten here, and stays where it is used.
 */

import { LRUCache } from 'lru-cache'
import type { HeaderList } from '../rules/header-list.js'

/** With the bound above one in bytes: some 3 MB each. */
const MAX_TEXTS = 5_000
const MAX_LENGTH = 256

const texts = new LRUCache<string, string>({ max: MAX_TEXTS })
const headers = new LRUCache<string, HeaderList[number]>({ max: MAX_TEXTS })

/** The same text. */
export function sharedText<T extends string>(text: T): T {
  if (text.length > MAX_LENGTH) return text
  const known = texts.get(text)
  if (known !== undefined) return known as T
  texts.set(text, text)
  return text
}

/** The same headers. */
export function sharedHeaders(list: HeaderList): HeaderList {
  return list.map(([name, value]) => sharedHeader(name, value))
}

function sharedHeader(name: string, value: string): HeaderList[number] {
  if (name.length + value.length > MAX_LENGTH) return [name, value]
  // No name of a header has a colon in it.
  const text = `${name}:${value}`
  const known = headers.get(text)
  if (known !== undefined) return known
  const header = [sharedText(name), value] as const
  headers.set(text, header)
  return header
}
