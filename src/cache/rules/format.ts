/**
 * The format that a request negotiates. Two requests share a format only when no reading of Accept
 * could give them different answers.
 */

/**
 * `absent` is a class of its own: Intervals answers it in XML. So is `any` (only wildcards), answered in
 * JSON as far as seen. Other headers are kept whole.
 */
export type Format = 'json' | 'xml' | 'image' | 'any' | 'absent' | `other:${string}`

/** Every range in it is an image. Next to other types, as browsers and Java send them, it asks for no image. */
const ONLY_IMAGES = /^(?:\s*image\/[^,]*(?:,|$))+$/u
const ONLY_WILDCARDS = /^(?:\s*\*\/\*\s*(?:;[^,]*)?(?:,|$))+$/u
/** The first range, without a weight. */
const FIRST = /^\s*(application\/(?:json|xml))\s*(?:;(?![^,]*\bq\s*=)[^,]*)?(?:,|$)/u

/** The format a request asks for; `accept` as sent, undefined when there was none. */
export function formatOf(accept: string | undefined): Format {
  if (accept === undefined) return 'absent'
  if (accept === 'application/json') return 'json'
  const lowerCase = accept.toLowerCase()
  if (ONLY_IMAGES.test(lowerCase)) return 'image'
  if (ONLY_WILDCARDS.test(lowerCase)) return 'any'

  // Servers could read a header with both formats as the first, the heavier, or the one they look for
  // first. So it is left to `other`, and so is a first range with a weight.
  if (lowerCase.includes('image/')) return `other:${accept}`
  const first = FIRST.exec(lowerCase)?.[1]
  if (first === 'application/json' && !lowerCase.includes('xml')) return 'json'
  if (first === 'application/xml' && !lowerCase.includes('json')) return 'xml'
  return `other:${accept}`
}

/** Whether an answer of this content type can be what the format asked for. */
export function contentTypeFits(format: Format, contentType = ''): boolean {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
  // `image/svg+xml` is XML by name and an image by use.
  if (format === 'image' || type.startsWith('image/')) return false
  const isJson = type === 'application/json' || type === 'text/json' || type.endsWith('+json')
  const isXml = type === 'application/xml' || type === 'text/xml' || type.endsWith('+xml')
  return (isJson && format !== 'xml') || (isXml && format !== 'json')
}
