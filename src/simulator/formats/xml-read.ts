/**
 * Reads `<task><title>...</title></task>`: one root with plain elements. It is not an XML parser: it
 * refuses a DOCTYPE, nested elements and unknown entities.
 */
import { ApiError } from '../api-error.js'
import type { Fields } from '../rows/store.js'

const root = /^(?:<\?xml[^>]*\?>)?\s*<([a-z]\w*)\s*(?:\/>|>([\s\S]*)<\/\1\s*>)$/i
const member = /\s*<([a-z_]\w*)\s*(?:\/>|>(?:<!\[CDATA\[([\s\S]*?)\]\]>|([^<]*))<\/\1\s*>)\s*/iy

export function readXml(text: string): Fields {
  const inner = root.exec(text)
  if (inner === null) throw new ApiError(18, 'The body is not valid XML')
  const fields: Fields = {}
  const content = (inner[2] ?? '').trim()
  member.lastIndex = 0
  while (member.lastIndex < content.length) {
    const found = member.exec(content)
    const name = found?.[1]
    if (found === null || name === undefined) {
      throw new ApiError(18, 'The body is not valid XML')
    }
    fields[name] = found[2] ?? decode(found[3] ?? '')
  }
  return fields
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

function decode(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi,
    (whole, ...groups: string[]) => {
      const [decimal, hex, name] = groups
      if (name !== undefined) return entities[name] ?? whole
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}
