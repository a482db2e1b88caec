/** Writes answers as XML: root `intervals`, lists as `item` elements, text entity-encoded as in JSON. */
import { encodeEntities } from './entities.js'
import type { SimulatorSettings } from '../options.js'
import type { Cell } from '../table/resource.js'

export interface XmlResource {
  readonly name: string
  readonly content: Cell
}

export function writeXml(
  head: Readonly<Record<string, string | null>>,
  resource: XmlResource,
  style: SimulatorSettings['xmlEnvelope'],
): string {
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
  const body = element(resource.name, resource.content)
  if (style === 'attributes') {
    const attributes = Object.entries(head).map(([name, value]) => ` ${name}="${value ?? ''}"`)
    return `${declaration}<intervals${attributes.join('')}>${body}</intervals>\n`
  }
  const elements = Object.entries(head).map(([name, value]) => element(name, value))
  return `${declaration}<intervals>${elements.join('')}${body}</intervals>\n`
}

function element(name: string, cell: Cell): string {
  if (cell === null) return `<${name}/>`
  if (typeof cell === 'string') return `<${name}>${escape(encodeEntities(cell))}</${name}>`
  if (Array.isArray(cell)) {
    const items = (cell as readonly Cell[]).map((item) => element('item', item))
    return `<${name}>${items.join('')}</${name}>`
  }
  const members = Object.entries(cell).map(([member, value]) => element(member, value))
  return `<${name}>${members.join('')}</${name}>`
}

/** A parser would drop plain carriage returns; XML allows no other control characters. */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
    .replaceAll(/[^\t\n\u0020-\u{10ffff}]/gu, '')
}
