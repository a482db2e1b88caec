/** JSON as lines a person can read: names on the left, aligned values on the right. */

/** One line for each group of plain values, one more for each thing nested in it. */
export function toLines(value: unknown): string[] {
  const rows = rowsOf(value, [])
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`.trimEnd())
}

type Row = readonly [name: string, text: string]

function rowsOf(value: unknown, path: readonly string[]): Row[] {
  const name = path.join(' ')
  if (isPlain(value)) return [[name, show(value)]]
  const members = Object.entries(value as object)
  if (members.length === 0) return [[name, 'none']]
  if (Array.isArray(value) && members.every(([, member]) => isPlain(member))) {
    return [[name, members.map(([, member]) => show(member)).join(', ')]]
  }
  const plain = members.filter(([, member]) => isPlain(member))
  const nested = members.filter(([, member]) => !isPlain(member))
  const own: Row[] =
    path.length === 0
      ? plain.map(([key, member]) => [key, show(member)])
      : [[name, plain.map(([key, member]) => `${key} ${show(member)}`).join(', ')]]
  return [
    ...(plain.length === 0 ? [] : own),
    ...nested.flatMap(([key, member]) => {
      const label = Array.isArray(value) ? String(Number(key) + 1) : key
      return rowsOf(member, [...path, label])
    }),
  ]
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

function show(value: unknown): string {
  if (value === null || value === undefined) return '-'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

interface Spender {
  readonly consumer: string
  readonly account: string
}

/** A status with its consumers by their names instead of by numbers: who spent what is looked for by name. */
export function byName(status: unknown): unknown {
  const { consumers } = (status ?? {}) as { consumers?: readonly Spender[] }
  if (!Array.isArray(consumers)) return status
  const spenders: readonly Spender[] = consumers
  const named = spenders.map(({ consumer, ...rest }) => {
    const isTwice = spenders.filter((one) => one.consumer === consumer).length > 1
    return [isTwice ? `${consumer} (${rest.account})` : consumer, rest]
  })
  return { ...(status as object), consumers: Object.fromEntries(named) }
}
