/** Requests that a variant leaves without an answer. */
import { parseTarget } from '../api/target.js'
import type { Fault } from '../control/faults.js'
import type { Arrival } from '../control/journal.js'
import type { SimulatorSettings } from '../options.js'
import { createRandom } from '../random.js'
import { severalIdsIn } from '../reads/id-lists.js'
import { isResourceName } from '../rows/resource-names.js'
import { table } from '../table/table.js'

export type VariantFaults = (arrival: Arrival) => Fault | undefined

export function createVariantFaults(settings: SimulatorSettings): VariantFaults {
  const random = createRandom(settings.seed + 3)
  return ({ method, target }) => {
    if (method !== 'GET' && method !== 'HEAD') {
      const isLate = settings.lateWriteShare > 0 && random.chance(settings.lateWriteShare)
      return isLate ? { kind: 'change-late', delayMs: settings.lateWriteMs } : undefined
    }
    if (settings.idLists !== 'unanswered') return undefined
    const { segments, query } = parseTarget(target)
    const [name = ''] = segments
    const hasSeveralIds = isResourceName(name) && severalIdsIn(table[name], query) !== undefined
    return hasSeveralIds ? { kind: 'hang' } : undefined
  }
}
