/** `intervals-proxy advise`: which ttl the observed changes suggest for each resource, as YAML to paste. */
import type { Command } from 'commander'
import { formatDuration } from '../config/units.js'
import type { Status } from '../report/status-report.js'
import { EXIT, type Context, type ExitCode } from './context.js'
import { columns } from './display/layout.js'
import { askProxy, defineTarget } from './running-proxy.js'
import { adviceOf, ADVISED_PRICE_SECONDS, MIN_LOOKS } from './ttl-advice.js'
import type { Advice } from './ttl-advice.js'

export function define(command: Command): void {
  defineTarget(command)
  command.addHelpText('after', '\nNothing is changed, and nothing is sent to Intervals.')
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const { freshness } = (await askProxy(command, context, { path: '/-/status' })) as Status
  const advice = adviceOf(freshness)
  if (command.opts<{ readonly json?: true }>().json) context.out(JSON.stringify(advice))
  else if (freshness.mode === 'fixed') {
    context.out('cache.freshness is fixed, so the proxy does not learn how often answers change.')
    context.out('Set it to paced, the default, and ask again after a working day.')
  } else for (const line of linesOf(advice)) context.out(line)
  return EXIT.ok
}

function linesOf({ resources, unknown }: Advice): readonly string[] {
  const missing =
    unknown.length === 0 ? [] : [`Fewer than ${MIN_LOOKS} looks so far: ${unknown.join(', ')}.`]
  if (resources.length === 0) {
    return [
      'There are not enough observations yet: an answer has to be fetched again before the proxy',
      `can see whether it changed, ${MIN_LOOKS} times at least. Ask again after a working day.`,
      ...missing,
    ]
  }
  const head = ['resource', 'looks/day', 'changes/day', 'ttl', 'suggested', 'calls/day', 'stale']
  const rows = resources.map((one) => [
    one.resource,
    String(one.looksPerDay),
    String(one.changesPerDay),
    formatDuration(one.ttlSeconds * 1_000),
    formatDuration(one.suggestedSeconds * 1_000),
    one.callsPerDay > 0 ? `+${one.callsPerDay}` : String(one.callsPerDay),
    `${one.staleSeconds}s (${one.staleSecondsNow}s)`,
  ])
  const changed = resources.filter(
    ({ suggestedSeconds, ttlSeconds }) => suggestedSeconds !== ttlSeconds,
  )
  return [
    ...columns([head, ...rows], { right: [1, 2, 3, 4, 5, 6] }),
    '',
    `Estimates: a call is made when it saves ${ADVISED_PRICE_SECONDS} s of expected staleness. calls/day: more or`,
    'fewer than now. stale: expected mean staleness of answers from the cache (now).',
    ...missing,
    ...(changed.length === 0
      ? ['', 'The settings are what the changes suggest.']
      : [
          '',
          'cache:',
          '  resources:',
          ...changed.map(
            ({ resource, suggestedSeconds }) =>
              `    ${resource}: { ttl: ${formatDuration(suggestedSeconds * 1_000)} }`,
          ),
        ]),
  ]
}
