/**
 * Which format a request negotiates. Two requests share a format only when no way of reading Accept
 * could give them different answers.
 */

/**
 * `absent` is a class of its own: Intervals answers it in XML. So is `any` (a bare wildcard), answered
 * in JSON as far as seen. What fits no class keeps its Accept header whole.
 */
export type Format = 'json' | 'xml' | 'image' | 'any' | 'absent' | `other:${string}`

/** The format a request asks for; `accept` as sent, undefined when there was none. */
export function formatOf(accept: string | undefined): Format {
  if (accept === undefined) return 'absent'
  const lowerCase = accept.toLowerCase()
  const ranges = lowerCase.split(',')
  if (lowerCase.includes('image/')) return 'image'
  if (ranges.every((range) => mediaType(range) === '*/*')) return 'any'

  // A header that names both formats would be read by some as the first, by others as the heavier, by
  // others as the one they look for first: it is left to `other`, and so is a first choice with a q.
  const first = ranges[0] ?? ''
  if (!/;\s*q\s*=/u.test(first)) {
    if (mediaType(first) === 'application/json' && !lowerCase.includes('xml')) return 'json'
    if (mediaType(first) === 'application/xml' && !lowerCase.includes('json')) return 'xml'
  }
  return `other:${accept}`
}

/** Whether an answer of this content type is one that the format can have asked for. */
export function contentTypeFits(format: Format, contentType: string | undefined): boolean {
  const type = mediaType(contentType ?? '')
  // `image/svg+xml` is XML by its name and a picture by its use.
  if (format === 'image' || type.startsWith('image/')) return false
  const isJson = type === 'application/json' || type === 'text/json' || type.endsWith('+json')
  const isXml = type === 'application/xml' || type === 'text/xml' || type.endsWith('+xml')
  if (format === 'json') return isJson
  if (format === 'xml') return isXml
  return isJson || isXml
}

function mediaType(range: string): string {
  return (range.split(';')[0] ?? '').trim().toLowerCase()
}
