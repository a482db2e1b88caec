/**
 * An entry as bytes: a format number, the length of a JSON head, the head, the body and its compressed
 * form. Anything else, such as a value of another version, is a miss.
 */

import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { keptEntry, type StoredResponse } from '../../cache/stores/entry.js'
import { RESOURCE_NAMES } from '../../cache/resources/resource-name.js'

/** Raised with every change of the format. */
const FORMAT = 1
const PREAMBLE_BYTES = 5

const time = Type.Number({ minimum: 0, maximum: 1e15 })

const HEAD = Type.Object({
  key: Type.String(),
  status: Type.Integer({ minimum: 100, maximum: 599 }),
  statusText: Type.Optional(Type.String()),
  headers: Type.Array(Type.Tuple([Type.String(), Type.String()])),
  etag: Type.String(),
  upstreamEtag: Type.Optional(Type.String()),
  account: Type.String(),
  resource: Type.Enum([...RESOURCE_NAMES]),
  path: Type.String(),
  generation: Type.Number({ minimum: 0 }),
  storedAtMs: time,
  freshUntilMs: time,
  staleUntilMs: time,
  sizeBytes: Type.Integer({ minimum: 0 }),
  bodyBytes: Type.Integer({ minimum: 0 }),
  gzippedBytes: Type.Optional(Type.Integer({ minimum: 0 })),
})

export function encodeEntry(key: string, entry: StoredResponse): Buffer {
  const { body, gzipped, ...rest } = entry
  const bodyBytes = body.length
  const gzippedBytes = gzipped?.length
  const head = Buffer.from(
    JSON.stringify({ key, ...rest, bodyBytes, ...(gzipped !== undefined && { gzippedBytes }) }),
  )
  const preamble = Buffer.alloc(PREAMBLE_BYTES)
  preamble.writeUInt8(FORMAT, 0)
  preamble.writeUInt32BE(head.length, 1)
  return Buffer.concat([preamble, head, body, gzipped ?? Buffer.alloc(0)])
}

/** Undefined: no entry, or the entry of another key. */
export function decodeEntry(key: string, bytes: Buffer): StoredResponse | undefined {
  if (bytes.length < PREAMBLE_BYTES || bytes.readUInt8(0) !== FORMAT) return undefined
  const bodyAt = PREAMBLE_BYTES + bytes.readUInt32BE(1)
  const head = parsed(bytes.subarray(PREAMBLE_BYTES, bodyAt))
  if (!Value.Check(HEAD, head) || head.key !== key) return undefined
  const { key: _key, bodyBytes, gzippedBytes, ...rest } = head
  if (bytes.length !== bodyAt + bodyBytes + (gzippedBytes ?? 0)) return undefined
  const gzippedAt = bodyAt + bodyBytes
  return keptEntry({
    ...rest,
    body: bytes.subarray(bodyAt, gzippedAt),
    ...(gzippedBytes !== undefined && { gzipped: bytes.subarray(gzippedAt) }),
  })
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
