/** What `/quota/` says. Sources: captures of 2022 and 2026. */
import type { SimulatorSettings } from './options.js'
import { addDays, stampOf, todayOf, type Scene } from './scene.js'
import type { Cell } from './table/resource.js'

export function quotaCell(
  scene: Scene,
  { used, dayMax }: { readonly used: number; readonly dayMax: number },
  { quotaStyle }: Pick<SimulatorSettings, 'quotaStyle'>,
): Cell {
  const counts = { quota: String(dayMax), used: String(used) }
  const exceeded = used >= dayMax ? 't' : 'f'
  return quotaStyle === 'business_day'
    ? { ...counts, business_day: stampOf(scene), exceeded }
    : { ...counts, next_reset: `${addDays(todayOf(scene), 1)} 00:00:00`, exceeded }
}
