/**
 * What `GET /quota/` says: `{"quota":{"quota":"6000","used":"91","next_reset":"…","exceeded":"f"}}`,
 * numbers or strings, or the same in XML. Read leniently; anything else is no answer.
 */

import type { QuotaAnswer } from './ledger/day.js'

export const QUOTA_TARGET = '/quota/'

/** Bytes of an answer that are looked at; real ones have about 200. */
export const MAX_QUOTA_BYTES = 16_384

export function parseQuota(body: string): QuotaAnswer | undefined {
  const max = numberAt(body, 'quota')
  const used = numberAt(body, 'used')
  if (max === undefined || used === undefined || max < 1) return undefined
  return { max, used }
}

function numberAt(body: string, name: string): number | undefined {
  const pattern = new RegExp(`["<]${name}(?:"\\s*:\\s*"?|>\\s*)(\\d{1,9})(?!\\d)`)
  const digits = pattern.exec(body)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
