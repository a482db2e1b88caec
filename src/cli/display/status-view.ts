/** What `status` shows: lines for a person, the most urgent first. */
import { Value } from 'typebox/value'
import { STATUS } from '../../server/admin/schemas/status.js'
import { bytes, clock, number, percent, span } from '../../report/human-format.js'
import type { DayStatus, Status } from '../../report/status-report.js'
import { WAY_NAMES, WAYS } from '../../report/traffic.js'
import { SIGNS, verdictOf } from '../../report/verdict.js'
import { printable } from '../../observability/printable.js'
import type { Paint } from './paint.js'
import { bar, columns, wrapped } from './layout.js'
import { byName, toLines } from './text-table.js'

export interface View {
  /** Of the proxy, as it was asked. */
  readonly url: string
  readonly paint: Paint
  /** Of the terminal. */
  readonly columns: number
  /** Rows of the table of consumers; the others are counted only. */
  readonly consumers: number
}

const INDENT = '  '
const BAR_WIDTH = 24
const LABEL_WIDTH = 8

/** `answer` comes from `/-/status`; an answer of another version is listed as it is. */
export function viewOf(answer: unknown, view: View): string[] {
  if (!isStatus(answer)) return toLines(byName(answer))
  const { paint } = view
  const nowMs = Date.parse(answer.now)
  return [
    ...headOf(answer, view),
    '',
    ...verdictLines(answer, view),
    '',
    ...columns([
      ...answer.budgets.day.map((day) => dayRow(day, paint, answer.budgets.day.length > 1)),
      minuteRow(answer, paint),
    ]),
    '',
    ...columns([
      [label('Queue'), queueOf(answer)],
      ...answer.pauses.map((pause) => [label('Pause'), paint.bad(pauseOf(pause, nowMs))]),
      [label('Today'), todayOf(answer)],
      ...(answer.today.requests === 0 ? [] : [[label(''), waysOf(answer)]]),
      [label('Cache'), cacheOf(answer)],
    ]),
    ...consumerLines(answer, view),
  ]
}

/** So that both tables begin in the same column. */
const label = (text: string): string => text.padEnd(LABEL_WIDTH)

const isStatus = (answer: unknown): answer is Status => Value.Check(STATUS, answer)

function headOf({ version, uptimeSeconds, now, upstream }: Status, { url, paint }: View): string[] {
  const up = span(uptimeSeconds * 1_000)
  return [
    `${paint.bold(`intervals-proxy ${version}`)} at ${url}, up ${up}, ${clock(Date.parse(now))} UTC`,
    paint.dim(`to ${upstream.url}`),
  ]
}

function verdictLines(status: Status, { paint, columns: width }: View): string[] {
  const { level, title, detail } = verdictOf(status, Date.parse(status.now))
  const say = paint[level]
  return [
    say(`${SIGNS[level]} ${title}`),
    ...wrapped(printable(detail), width - INDENT.length).map((line) => INDENT + line),
  ]
}

function dayRow(day: DayStatus, paint: Paint, isOneOfMany: boolean): string[] {
  const { account, used, max, perHour, kept, reserve, paused } = day
  const notes = [`${number(perHour)} an hour`]
  const keptNow = kept.consumers + kept.interactive + kept.writes
  if (keptNow > 0) notes.push(`${number(keptNow)} kept for some`)
  if (reserve > 0) notes.push(`${number(reserve)} in reserve`)
  if (paused) notes.push('paused')
  const name = isOneOfMany ? `Day of ${account}` : 'Day'
  const level = paused || used >= max ? 'bad' : day.lastsUntil === null ? 'good' : 'warn'
  return budgetRow(name, { used, max, note: notes.join(', ') }, paint[level])
}

function minuteRow({ budgets: { minute } }: Status, paint: Paint): string[] {
  const { used, max, ceiling, inFlight, windowSeconds, resetSeconds, paused } = minute
  const isFull = used >= ceiling
  const notes: string[] = []
  if (paused) notes.push('paused')
  else if (isFull) notes.push(`next free in ${resetSeconds} s`)
  if (inFlight > 0) notes.push(`${number(inFlight)} without an answer yet`)
  if (ceiling < max) notes.push(`used up to ${number(ceiling)} for now`)
  const name = windowSeconds === 60 ? 'Minute' : `Last ${span(windowSeconds * 1_000)}`
  const level = paused ? 'bad' : isFull ? 'warn' : 'good'
  return budgetRow(name, { used, max, note: notes.join(', ') }, paint[level])
}

function budgetRow(
  name: string,
  { used, max, note }: { readonly used: number; readonly max: number; readonly note: string },
  colour: (text: string) => string,
): string[] {
  const stand = `${number(used)} of ${number(max)}`
  return [label(name), colour(bar(used, max, BAR_WIDTH)), stand, percent(used, max), note]
}

function queueOf({ queue: { waiting, oldestWaitSeconds, maxLength } }: Status): string {
  const { write, interactive, background } = waiting
  const all = write + interactive + background
  if (all === 0) return `empty (room for ${number(maxLength)})`
  const classes = `${number(write)} write, ${number(interactive)} interactive, ${number(background)} background`
  return `${number(all)} of ${number(maxLength)} wait: ${classes}; the first for ${oldestWaitSeconds} s`
}

function pauseOf(pause: Status['pauses'][number], nowMs: number): string {
  const { scope, reason, since, leftSeconds, untilResumed } = pause
  const what = scope === 'window' ? 'everything' : scope.replace(/^account:/u, 'account ')
  const end = untilResumed
    ? 'until "intervals-proxy resume"'
    : `for ${span((leftSeconds ?? 0) * 1_000)} more`
  return printable(`${what}, ${end}: ${reason}, begun ${span(nowMs - Date.parse(since))} ago`)
}

function todayOf({ today: { requests, saved, calls } }: Status): string {
  const share = percent(saved, requests)
  return `${number(requests)} requests, ${number(saved)} (${share}) without a call of their own; ${number(calls)} calls`
}

function waysOf({ today: { ways } }: Status): string {
  const some = WAYS.filter((way) => ways[way] > 0)
  return some.map((way) => `${WAY_NAMES[way]} ${number(ways[way])}`).join(', ')
}

function cacheOf({ cache: { entries, bytes: size, maxBytes, flights } }: Status): string {
  return `${number(entries)} answers, ${bytes(size)} of ${bytes(maxBytes)}; ${number(flights)} calls under way`
}

function consumerLines({ consumers }: Status, { paint, consumers: max }: View): string[] {
  if (consumers.length === 0) return []
  const accounts = new Set(consumers.map(({ account }) => account))
  const head = ['Consumer', 'Calls today', 'Its share', 'Kept for it', 'Waiting']
  const rows = consumers
    .slice(0, max)
    .map((one) => [
      printable(accounts.size > 1 ? `${one.consumer} (${one.account})` : one.consumer),
      number(one.spentToday),
      one.shareOfDay === null ? '-' : number(one.shareOfDay),
      one.keptForIt === 0 ? '-' : number(one.keptForIt),
      one.waiting === 0 ? '-' : number(one.waiting),
    ])
  const [first = '', ...others] = columns([head, ...rows], { right: [1, 2, 3, 4] })
  const more = consumers.length - rows.length
  return [
    '',
    paint.bold(first),
    ...others,
    ...(more > 0 ? [paint.dim(`and ${number(more)} more: see --json`)] : []),
  ]
}
