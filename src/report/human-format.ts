/** Numbers and times for people. Times are UTC, as the day of Intervals is. */

const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

export const number = (value: number): string => NUMBER.format(value)

export function percent(part: number, whole: number): string {
  if (whole <= 0) return '–'
  const share = (part / whole) * 100
  // 100 % is said of all only, 0 % of none.
  if (share > 99 && part < whole) return '99 %'
  if (share < 1 && part > 0) return '<1 %'
  return `${Math.round(share)} %`
}

/** 14:05:09 */
export const clock = (at: number): string => new Date(at).toISOString().slice(11, 19)
/** 14:05 */
export const hourMinute = (at: number): string => new Date(at).toISOString().slice(11, 16)
/** 10 Mar */
export const monthDay = (at: number): string =>
  new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** 4.2 ms, 380 ms, 2.4 s, 1 min 20 s */
export function duration(ms: number): string {
  if (ms < 10) return `${(Math.round(ms * 10) / 10).toString()} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return span(ms)
}

/** 9 h 12 min, 4 min 10 s, 12 s: two words at most. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10 && seconds % 60 > 0) return `${minutes} min ${seconds % 60} s`
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

export function bytes(count: number): string {
  if (count < 1_024) return `${count} B`
  if (count < 1_048_576) return `${(count / 1_024).toFixed(1)} KiB`
  if (count < 1_073_741_824) return `${(count / 1_048_576).toFixed(1)} MiB`
  return `${(count / 1_073_741_824).toFixed(1)} GiB`
}
