/** Parses bodies from Intervals to compare what two of them say. Clients only get bytes that Intervals sent. */

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The members of a JSON object; none if the body is anything else. */
export function fieldsOf(body: Buffer): Fields {
  try {
    const value: unknown = JSON.parse(body.toString())
    return isFields(value) ? value : {}
  } catch {
    return {}
  }
}

/** Every field of `part` is in `whole` with the same value. False wherever that is uncertain. */
export const isPartOf = (part: Fields, whole: Fields): boolean =>
  Object.entries(part).every(
    ([name, value]) => isExact(value) && Object.hasOwn(whole, name) && value === whole[name],
  )

/** Other numbers may differ as text and still be equal once parsed. */
const isExact = (value: unknown): boolean =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  Number.isSafeInteger(value)
