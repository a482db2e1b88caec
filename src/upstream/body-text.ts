/** A short body as text, decompressed within bounds. */

import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'

const DECODERS: ReadonlyMap<string, (body: Buffer, bound: { maxOutputLength: number }) => Buffer> =
  new Map([
    ['gzip', gunzipSync],
    ['x-gzip', gunzipSync],
    ['deflate', inflateSync],
    ['br', brotliDecompressSync],
  ])

/**
 * An encoding that we cannot read, and one that unpacks to more than `maxBytes`, is no reason to
 * fail: the status still speaks. Then the text is empty.
 */
export function bodyText(body: Buffer, encoding: string | undefined, maxBytes: number): string {
  const decode = DECODERS.get(encoding?.trim().toLowerCase() ?? 'identity')
  try {
    const plain = decode?.(body, { maxOutputLength: maxBytes }) ?? body
    return plain.toString('utf8')
  } catch {
    return ''
  }
}
