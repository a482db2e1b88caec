/** What /-/status says about the price of calls and about how often answers change. */

import type { AccountReport, Freshness } from '../../freshness/index.js'
import type { FreshnessStatus } from '../../report/status-report.js'

/** The shapes that were requested last; the others are in memory too. */
const MAX_SHAPES = 50

export function freshnessOf(
  freshness: Pick<Freshness, 'mode' | 'report'>,
  { accounts, nowMs }: { readonly accounts: readonly string[]; readonly nowMs: number },
): FreshnessStatus {
  const reports = accounts.map((account) => ({ account, report: freshness.report(account, nowMs) }))
  return {
    mode: freshness.mode(),
    accounts: reports.flatMap(({ account, report }) =>
      report === undefined ? [] : [{ account, ...shown(report) }],
    ),
  }
}

function shown(report: AccountReport) {
  const { shortSinceMs, mandatoryLeft, spareLeft } = report
  const shapes = report.shapes()
  const used = shapes.filter(({ ttlSeconds, looks }) => ttlSeconds > 0 && looks >= 1)
  const times = used.map((one) => (one.ttlSecondsNow ?? one.ttlSeconds) / one.ttlSeconds)
  return {
    priceSeconds: rounded(report.priceSeconds),
    stretchedSince: shortSinceMs === undefined ? null : new Date(shortSinceMs).toISOString(),
    keptTimes: times.length === 0 ? 1 : rounded(times.reduce((a, b) => a + b) / times.length),
    longestSeconds: Math.round(Math.max(0, ...shapes.map((one) => one.ttlSecondsNow ?? 0))),
    mandatoryLeft: mandatoryLeft === undefined ? null : Math.round(mandatoryLeft),
    spareLeft: spareLeft === undefined ? null : Math.round(spareLeft),
    shapes: shapes.slice(0, MAX_SHAPES).map((one) => ({
      shape: one.shape,
      looks: Math.round(one.looks),
      changesPerDay: rounded(one.changesPerDay),
      ttlSeconds: one.ttlSeconds,
      ttlSecondsNow: one.ttlSecondsNow ?? null,
    })),
  }
}

/** Three digits that count. */
const rounded = (value: number): number => Number(value.toPrecision(3))
