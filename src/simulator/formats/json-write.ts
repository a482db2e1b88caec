/** JSON as PHP's json_encode writes it: escaped slashes, ASCII only. Text is entity-encoded. */
import type { Cell } from '../table/resource.js'
import { encodeEntities } from './entities.js'

/** `isNumber` names the members whose digits are written as JSON numbers. */
export function writeJson(cell: Cell, isNumber: (name: string) => boolean = () => false): string {
  if (cell === null) return 'null'
  if (typeof cell === 'string') return writeText(encodeEntities(cell))
  if (isList(cell)) return `[${cell.map((item) => writeJson(item, isNumber)).join(',')}]`
  const members = Object.entries(cell).map(([name, value]) => {
    return `"${name}":${isNumber(name) ? writeNumbers(value) : writeJson(value, isNumber)}`
  })
  return `{${members.join(',')}}`
}

/** Several ids in one string stay a string, and so does a padded number. */
function writeNumbers(cell: Cell): string {
  if (isList(cell)) return `[${cell.map(writeNumbers).join(',')}]`
  return typeof cell === 'string' && /^(?:0|[1-9]\d{0,14})$/.test(cell) ? cell : writeJson(cell)
}

const unusual = /[^\u0020-\u007e]|["\\/]/
const outsideAscii = /[\u007f-\uffff]/g

function writeText(text: string): string {
  if (!unusual.test(text)) return `"${text}"`
  const escaped = JSON.stringify(text).replaceAll('/', '\\/')
  return escaped.replaceAll(
    outsideAscii,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function isList(cell: Cell): cell is readonly Cell[] {
  return Array.isArray(cell)
}
