/** Tests of rows that a list applies without a parameter. */
import { ApiError } from '../api-error.js'
import { todayOf, addDays, type CallContext } from '../rows/call-context.js'
import type { Resource } from '../table/resource.js'
import { readFlag } from '../table/field-types.js'
import type { RowTest } from './filter.js'

const dateBounds = ['date', 'datebegin', 'dateend', 'datemodifiedbegin', 'datemodifiedend'] as const

export function impliedTests(
  resource: Resource,
  query: ReadonlyMap<string, string>,
  call: CallContext,
): readonly RowTest[] {
  const isOn = (name: string): boolean => readFlag(query.get(name) ?? '', call.settings) === 't'
  if (resource.name === 'timer' && !isOn('gettimerinfo')) {
    const wantsGeneral = isOn('generaltimers')
    return [(row) => (row['taskid'] === null) === wantsGeneral]
  }
  if (resource.name !== 'tasknote' || query.has('taskid')) return []
  if (!dateBounds.some((name) => query.has(name))) {
    const first = addDays(todayOf(call), -7)
    return [(row) => (row['date'] ?? '') >= first]
  }
  for (const name of ['date', 'datemodified']) checkWeek(name, query)
  return []
}

/** Without a task, a list of task notes covers 7 days at most. */
function checkWeek(name: string, query: ReadonlyMap<string, string>): void {
  const [begin, end] = [query.get(`${name}begin`), query.get(`${name}end`)].map((day) =>
    Date.parse((day ?? '').slice(0, 10)),
  )
  if (end !== undefined && begin !== undefined && end - begin > 7 * 86_400_000) {
    throw new ApiError(18, `${name}begin and ${name}end are more than 7 days apart`)
  }
}
