/** Named sets of variants, to be combined: each is one way in which Intervals may differ. */
import type { SimulatorVariants } from './variants.js'

interface DialectDescription {
  readonly summary: string
  readonly variants: SimulatorVariants
}

const dialectTable = {
  'list-fewer-fields': {
    summary: 'list rows lack the long texts that members have',
    variants: { listFields: 'fewer' },
  },
  'list-more-fields': {
    summary: 'list rows have names of related rows that members lack',
    variants: { listFields: 'more' },
  },
  'list-short-texts': {
    summary: 'list rows have texts cut to 12 characters',
    variants: { listTextMax: 12 },
  },
  'omit-empty': {
    summary: 'rows leave out null and empty fields',
    variants: { omitEmpty: true },
  },
  'numeric-ids': {
    summary: 'ids are JSON numbers',
    variants: { idType: 'number' },
  },
  'lagging-lists': {
    summary: 'lists show the rows of 300 ms ago',
    variants: { listLagMs: 300 },
  },
  'lagging-writes': {
    summary: 'reads show a write 300 ms after it was accepted',
    variants: { writeLagMs: 300 },
  },
  'early-headers': {
    summary: 'the headers of a write are sent 200 ms before the change',
    variants: { earlyHeadersMs: 200 },
  },
  'late-writes': {
    summary: 'a tenth of the writes is never answered and takes effect 60 s later',
    variants: { lateWriteShare: 0.1, lateWriteMs: 60_000 },
  },
  'id-lists-ignored': {
    summary: 'a filter with several ids is ignored',
    variants: { idLists: 'ignored' },
  },
  'id-lists-refused': {
    summary: 'a filter with several ids is refused with code 18',
    variants: { idLists: 'refused' },
  },
  'id-lists-reordered': {
    summary: 'several ids in a filter decide the order of the rows',
    variants: { idLists: 'reordered' },
  },
  'id-lists-truncated': {
    summary: 'only the first half of several ids in a filter counts',
    variants: { idLists: 'truncated' },
  },
  'id-lists-unanswered': {
    summary: 'a request with several ids in a filter is never answered',
    variants: { idLists: 'unanswered' },
  },
  'unknown-filters-ignored': {
    summary: 'unknown parameters are ignored',
    variants: { unknownFilters: 'ignored' },
  },
  'limit-cap': {
    summary: 'a limit above 20 means 20',
    variants: { limitMax: 20 },
  },
  'page-listcount': {
    summary: 'listcount is the number of rows of this page',
    variants: { listcount: 'page' },
  },
  'no-listcount': {
    summary: 'lists have no listcount',
    variants: { listcount: 'absent' },
  },
  'changed-first': {
    summary: 'lists are ordered by the last change, which no field shows',
    variants: { listOrder: 'changed' },
  },
  'several-ids-order': {
    summary: 'lists of several ids have another default order: newest first',
    variants: { severalIdsOrder: 'newest' },
  },
  'sums-modify': {
    summary: 'a time entry updates datemodified of its task',
    variants: { sumsModify: true },
  },
  'side-effects': {
    summary: 'PUT /me/ changes the person, and stopping a timer logs its time',
    variants: { meWrites: true, timerStop: 'logs-time' },
  },
  'php-session': {
    summary: 'the headers of a PHP session: no-store, Pragma, Expires, PHPSESSID',
    variants: { phpSession: true },
  },
  'vary-user-agent': {
    summary: 'Vary: Accept-Encoding,User-Agent',
    variants: { vary: 'Accept-Encoding,User-Agent' },
  },
  'vary-origin': {
    summary: 'Vary: Origin',
    variants: { vary: 'Origin' },
  },
  'html-type': {
    summary: 'JSON and XML are sent as text/html',
    variants: { contentType: 'text/html' },
  },
  'no-type': {
    summary: 'JSON and XML are sent without a Content-Type',
    variants: { contentType: 'absent' },
  },
  'head-answered': {
    summary: 'HEAD is answered as GET without the body',
    variants: { headRequests: 'answered' },
  },
  'errors-as-200': {
    summary: 'errors are sent with status 200, codes 11 and 12 included',
    variants: { errorsAs200: 'all' },
  },
} as const satisfies Record<string, DialectDescription>

export type DialectName = keyof typeof dialectTable

export const dialects: Readonly<Record<DialectName, DialectDescription>> = dialectTable
export const dialectNames = Object.keys(dialectTable) as readonly DialectName[]

/** The variants of several dialects. Throws TypeError if two of them set the same option. */
export function variantsOf(names: readonly DialectName[]): SimulatorVariants {
  const setBy = new Map<string, DialectName>()
  const variants: SimulatorVariants = {}
  for (const name of new Set(names)) {
    if (!Object.hasOwn(dialects, name)) {
      throw new TypeError(`Expected \`dialects\` to be of ${dialectNames.join(', ')}, got ${name}`)
    }
    for (const option of Object.keys(dialects[name].variants)) {
      const other = setBy.get(option)
      if (other !== undefined) {
        throw new TypeError(`dialects ${other} and ${name} exclude each other`)
      }
      setBy.set(option, name)
    }
    Object.assign(variants, dialects[name].variants)
  }
  return variants
}
