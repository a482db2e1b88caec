/**
 * Stored answers are compressed once, when they are stored, and not on every hit. The bytes as they
 * came stay beside them, for whoever does not accept gzip.
 */

import { promisify } from 'node:util'
import { gzip, gzipSync } from 'node:zlib'
import type { StoredResponse } from './entry.js'
import { headerValues } from '../rules/header-list.js'

const gzipAsync = promisify(gzip)

/** Below this a packet is saved at best. */
const MIN_BYTES = 1_024
/** Above this the first consumer would notice the wait: 100 ms were measured for 5 MB. */
const MAX_BYTES = 8 * 1_024 * 1_024
/** Up to this it is done at once, 0.15 ms on a slow machine: to hand it to a thread costs as much. */
const AT_ONCE_BYTES = 16 * 1_024
/** Half the work of the default level for a twentieth more bytes, measured on lists of this API. */
const LEVEL = 4

const COMPRESSIBLE = /^(?:application\/(?:json|xml|[\w.-]+\+(?:json|xml))|text\/)/i

/** The entry with its gzip form, if that is worth having; the same entry otherwise. */
export async function compressed(entry: StoredResponse): Promise<StoredResponse> {
  const { body, headers } = entry
  const type = headerValues(headers, 'content-type').at(-1) ?? ''
  if (body.length < MIN_BYTES || body.length > MAX_BYTES || !COMPRESSIBLE.test(type)) return entry
  const level = { level: LEVEL }
  const packed = body.length <= AT_ONCE_BYTES ? gzipSync(body, level) : await gzipAsync(body, level)
  if (packed.length > body.length * 0.9) return entry
  const gzipped = Buffer.allocUnsafeSlow(packed.length)
  gzipped.set(packed)
  return Object.freeze({
    ...entry,
    gzipped,
    sizeBytes: entry.sizeBytes + gzipped.length,
  })
}

/**
 * Whether Accept-Encoding lets gzip through (RFC 9110 §12.5.3): named, or by `*`, with a weight above 0.
 * No header means that anything goes, but who sends none rarely expects it.
 */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined) return false
  let byWildcard = false
  for (const part of acceptEncoding.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim())
    const weight = parameters.find((text) => /^q\s*=/.test(text))
    const isWanted = weight === undefined || Number(weight.split('=')[1]) > 0
    if (coding === 'gzip' || coding === 'x-gzip') return isWanted
    if (coding === '*') byWildcard = isWanted
  }
  return byWildcard
}

/** The tag of the gzip form: other bytes, so another strong tag. */
export const gzipEtag = (etag: string): string => `${etag.slice(0, -1)}-gzip"`
