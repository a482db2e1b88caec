/** The tables of the limiters, and what this proxy has to keep. */

import { median, quantile, short, showSpread, spreadOf } from '../figures.js'
import type { PartResult } from '../part.js'
import type { Row } from '../table.js'
import { CALLERS } from './callers.js'
import { LATENCY_MS, MAX, OURS } from './devices.js'
import type { Device } from './devices.js'
import type { FairnessRound } from './fairness.js'
import type { SaturatedRound } from './saturated.js'

export interface Found {
  readonly device: Pick<Device, 'name' | 'hasPriorities'>
  /** All of the latency lies after the judge. */
  readonly direct: readonly SaturatedRound[]
  /** Half of it lies before. */
  readonly distant: readonly SaturatedRound[]
  /** Of each burst, from the calls to their arrivals, ms. */
  readonly bursts: readonly (readonly number[])[]
  /** The other one is as urgent as the hog. */
  readonly alike?: FairnessRound | undefined
  /** The hog is in the background. */
  readonly behind?: FairnessRound | undefined
}

export interface Circumstances {
  readonly windowMs: number
  readonly windows: number
  readonly rounds: number
  /** What other work took of the machine meanwhile. */
  readonly others: string
}

const mostOf = (rounds: readonly { readonly most: number }[]): number =>
  Math.max(...rounds.map(({ most }) => most))

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0)

/** In percent of the limit; a dash for what was kept. */
const over = (most: number): string =>
  most <= MAX ? '-' : `${Math.round((100 * (most - MAX)) / MAX)} %`

const percent = (values: readonly number[]): string => {
  const { median, min, max } = spreadOf(values.map((value) => 100 * value))
  return `${median.toFixed(1)} % (${min.toFixed(1)}-${max.toFixed(1)})`
}

export function reportOf(found: readonly Found[], how: Circumstances): PartResult {
  const window = `windows of ${how.windowMs / 1_000} s`
  const rounds = `${how.rounds} rounds`
  const own = found.find(({ device }) => device.name === OURS)
  const most = own === undefined ? Number.NaN : mostOf([...own.direct, ...own.distant])
  const afterwards =
    own === undefined
      ? Number.NaN
      : mostOf([...own.direct, ...own.distant].map(({ restart }) => restart))
  return {
    tables: [
      {
        name: 'limiters-saturated',
        title: `One call, some time later ${CALLERS} callers without pause: ${window}, ${how.windows} of them, ${rounds}, 0-${LATENCY_MS} ms; other work took ${how.others}`,
        rows: found.map(saturatedRow),
      },
      {
        name: 'limiters-restart',
        title: `The same, killed in the middle of a window and started again at once: ${window}, ${rounds}`,
        rows: found.map(restartRow),
      },
      {
        name: 'limiters-burst',
        title: `${MAX} calls at once from idle, until they arrived: ${window}, up to ${rounds}; median (min-max)`,
        rows: found.filter(({ bursts }) => bursts.length > 0).map(burstRow),
      },
      {
        name: 'limiters-fairness',
        title: `Single calls beside 1,000 in line, until they arrived, in slots of ${how.windowMs / MAX} ms`,
        rows: found.filter(({ alike }) => alike !== undefined).map(fairnessRow),
      },
    ].filter(({ rows }) => rows.length > 0),
    goals: [
      {
        what: 'most requests in any window, after a single call and with latency before the count',
        goal: `<= ${MAX}`,
        measured: String(most),
        isReached: most <= MAX,
      },
      {
        what: 'most requests in any window, killed in the middle of one and started again',
        goal: `<= ${MAX}`,
        measured: String(afterwards),
        isReached: afterwards <= MAX,
      },
    ],
    skipped: [],
    figures: found.map(({ bursts, ...rest }) => ({ ...rest, bursts: bursts.map(summaryOf) })),
  }
}

function saturatedRow({ device, direct, distant }: Found): Row {
  const all = [...direct, ...distant]
  const refused = sum(all.map((round) => round.refused))
  const sent = sum(all.map((round) => round.sent))
  return {
    limiter: device.name,
    'most in any window': direct.length === 0 ? '-' : mostOf(direct),
    'half of the latency before the count': mostOf(distant),
    'over by': over(mostOf(all)),
    'refused upstream': `${short((100 * refused) / sent)} %`,
    'answered, of the ideal': percent(all.map((round) => round.used)),
  }
}

function restartRow({ device, direct, distant }: Found): Row {
  const all = [...direct, ...distant].map(({ restart }) => restart)
  return {
    limiter: device.name,
    'most in any window': mostOf(all),
    'over by': over(mostOf(all)),
    'median of the rounds': median(all.map(({ most }) => most)),
    'refused upstream': `${short((100 * sum(all.map((one) => one.refused))) / sum(all.map((one) => one.sent)))} %`,
  }
}

const summaryOf = (waits: readonly number[]) => ({
  halfMs: median(waits),
  lastMs: Math.max(...waits),
})

function burstRow({ device, bursts }: Found): Row {
  const summaries = bursts.map(summaryOf)
  return {
    limiter: device.name,
    'half of them, ms': showSpread(spreadOf(summaries.map(({ halfMs }) => halfMs))),
    'the last, ms': showSpread(spreadOf(summaries.map(({ lastMs }) => lastMs))),
  }
}

function fairnessRow({ device, alike, behind }: Found): Row {
  const show = (round: FairnessRound | undefined): string => {
    if (round === undefined) return '-'
    const { slots, isCut } = round
    const most = Math.max(...slots)
    if (isCut && slots.length === 1) return `more than ${short(most)}`
    return `${short(quantile(slots, 0.5))} / ${isCut ? 'more than ' : ''}${short(most)}`
  }
  return {
    limiter: device.name,
    'as urgent as the others, median / max': show(alike),
    'the others in the background, median / max': device.hasPriorities ? show(behind) : '-',
  }
}
