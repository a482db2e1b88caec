/** Dates of HTTP (RFC 9110 §5.6.7): the three forms, and nothing that only looks like one. */

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const LONG_DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`
const MONTH = `(?<month>${MONTHS.join('|')})`
const FORMS = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  String.raw`(?:${DAYS.join('|')}), (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${TIME} gmt`,
  // Sunday, 06-Nov-94 08:49:37 GMT
  String.raw`(?:${LONG_DAYS.join('|')}), (?<day>\d\d)-${MONTH}-(?<shortYear>\d\d) ${TIME} gmt`,
  // Sun Nov  6 08:49:37 1994
  String.raw`(?:${DAYS.join('|')}) ${MONTH} (?<day>[ \d]\d) ${TIME} (?<year>\d{4})`,
].map((form) => new RegExp(`^${form}$`, 'iu'))

/**
 * Epoch milliseconds; undefined for anything but the three forms. Case is ignored, the weekday need
 * not fit. `nowMs` (epoch milliseconds) is for the century of two-digit years.
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  // The fast path: a valid IMF-fixdate, as all current servers send it, is the same when formatted.
  const atMs = Date.parse(text)
  if (!Number.isNaN(atMs) && new Date(atMs).toUTCString() === text) return atMs
  for (const form of FORMS) {
    const groups = form.exec(text.trim())?.groups
    if (groups !== undefined) return toEpoch(groups, nowMs)
  }
  return undefined
}

function toEpoch(groups: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const [day, hour, minute, second] = ['day', 'hour', 'minute', 'second'].map((name) =>
    Number(groups[name]),
  ) as [number, number, number, number]
  const month = MONTHS.indexOf((groups['month'] ?? '').toLowerCase())
  const { shortYear } = groups
  const year = shortYear === undefined ? Number(groups['year']) : fullYear(Number(shortYear), nowMs)
  // A leap second is a second like any other; what else is past its range is no date.
  if (hour > 23 || minute > 59 || second > 60) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined
  return date.setUTCHours(hour, minute, second, 0)
}

/** What would be more than 50 years ahead is of the century before. */
function fullYear(shortYear: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + shortYear
  return year > thisYear + 50 ? year - 100 : year
}

/** The form that is sent (IMF-fixdate). */
export const httpDate = (epochMs: number): string => new Date(epochMs).toUTCString()
