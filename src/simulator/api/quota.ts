/** The content of `/quota/`. Sources: captured answers of 2022 and 2026. */
import type { SimulatorSettings } from '../options.js'
import { addDays, stampOf, todayOf, type CallContext } from '../rows/call-context.js'
import type { Cell } from '../table/resource.js'

export function quotaCell(
  call: CallContext,
  { used, dayMax }: { readonly used: number; readonly dayMax: number },
  { quotaStyle }: Pick<SimulatorSettings, 'quotaStyle'>,
): Cell {
  const counts = { quota: String(dayMax), used: String(used) }
  const exceeded = used >= dayMax ? 't' : 'f'
  return quotaStyle === 'business_day'
    ? { ...counts, business_day: stampOf(call), exceeded }
    : { ...counts, next_reset: `${addDays(todayOf(call), 1)} 00:00:00`, exceeded }
}
