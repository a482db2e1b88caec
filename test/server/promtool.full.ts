/** Prometheus' own tool has nothing to complain of, and the alerts fire when they should. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { buildTestProxy } from './build.js'
import { page } from './scrape.js'
import { inProject } from '../project.js'

const RULES = fileURLToPath(inProject('config/alerts.yml'))
const isThere = spawnSync('promtool', ['--version']).error === undefined
const skip = isThere ? false : 'promtool is missing; Debian has it in the package prometheus'

function promtool(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}` }
}

t.test('check metrics', { skip }, async (t) => {
  const proxy = await buildTestProxy(t)
  for (const path of ['/client/', '/client/', '/timer/', '/client//1']) await proxy.ask(path)
  t.strictSame(promtool(['check', 'metrics'], await page(proxy)), { status: 0, said: '' })
})

t.test('check rules', { skip }, async (t) => {
  const { status, said } = promtool(['check', 'rules', RULES])
  t.equal(status, 0, said)
})

interface Play {
  /** Series with their values, one a minute, in the notation of promtool. */
  readonly series: Readonly<Record<string, string>>
  /** Alerts that fire after half an hour. */
  readonly fires: readonly string[]
}

// The notation has no multiple of it.
const INFINITE = Array.from({ length: 61 }, () => '+Inf').join(' ')

const QUIET: Readonly<Record<string, string>> = {
  'up{job="intervals-proxy",instance="a"}': '1x60',
  'intervals_proxy_paused{instance="a",scope="window"}': '0x60',
  'intervals_proxy_ledger_available{instance="a"}': '1x60',
  'intervals_proxy_window_max{instance="a"}': '100x60',
  'intervals_proxy_window_configured_max{instance="a"}': '100x60',
  'intervals_proxy_day_left{instance="a",account="acme"}': '6000-2x60',
  'intervals_proxy_day_lasts_seconds{instance="a",account="acme"}': INFINITE,
  'intervals_proxy_upstream_refusals_total{instance="a",reason="too-fast"}': '0x60',
  'intervals_proxy_upstream_calls_total{instance="a",resource="task",status_class="2xx"}':
    '0+60x60',
  'intervals_proxy_upstream_failures_total{instance="a",cause="upstream-timeout"}': '0+1x60',
  'intervals_proxy_queue_seconds_bucket{instance="a",priority="interactive",le="1"}': '0+60x60',
  'intervals_proxy_queue_seconds_bucket{instance="a",priority="interactive",le="30"}': '0+60x60',
  'intervals_proxy_queue_seconds_bucket{instance="a",priority="interactive",le="+Inf"}': '0+60x60',
  'intervals_proxy_refusals_total{instance="a",reason="deadline"}': '0x60',
  'intervals_proxy_errors_total{instance="a",cause="internal"}': '0x60',
  'intervals_proxy_errors_total{instance="a",cause="key-unknown"}': '0x60',
  'intervals_proxy_cache_evictions_total{instance="a"}': '0x60',
  'nodejs_eventloop_lag_p99_seconds{job="intervals-proxy",instance="a"}': '0.01x60',
}

const PLAYS: Readonly<Record<string, Play>> = {
  quiet: { series: {}, fires: [] },
  down: { series: { 'up{job="intervals-proxy",instance="a"}': '0x60' }, fires: ['Down'] },
  paused: {
    series: {
      'intervals_proxy_paused{instance="a",scope="window"}': '1x60',
      'intervals_proxy_upstream_refusals_total{instance="a",reason="too-fast"}': '0x55 1x4',
      'intervals_proxy_window_max{instance="a"}': '75x60',
    },
    fires: ['Paused', 'UpstreamRefuses', 'WindowLowered'],
  },
  'Redis away': {
    series: { 'intervals_proxy_ledger_available{instance="a"}': '0x60' },
    fires: ['NothingGoesOut'],
  },
  'a day that runs out': {
    series: { 'intervals_proxy_day_lasts_seconds{instance="a",account="acme"}': '9000x60' },
    fires: ['DayRunsOut'],
  },
  'a day that is spent': {
    series: {
      'intervals_proxy_day_lasts_seconds{instance="a",account="acme"}': '0x60',
      'intervals_proxy_day_left{instance="a",account="acme"}': '0x60',
    },
    fires: ['DaySpent'],
  },
  'long waits': {
    series: {
      'intervals_proxy_queue_seconds_bucket{instance="a",priority="interactive",le="1"}': '0+30x60',
      'intervals_proxy_refusals_total{instance="a",reason="deadline"}': '0+12x60',
    },
    fires: ['WaitsLong', 'TurnsAway'],
  },
  'an upstream in trouble': {
    series: {
      'intervals_proxy_upstream_failures_total{instance="a",cause="upstream-timeout"}': '0+10x60',
    },
    fires: ['UpstreamFails'],
  },
  'all else': {
    series: {
      'intervals_proxy_errors_total{instance="a",cause="internal"}': '0+1x60',
      'intervals_proxy_errors_total{instance="a",cause="key-unknown"}': '0+60x60',
      'intervals_proxy_cache_evictions_total{instance="a"}': '0+60x120',
      'nodejs_eventloop_lag_p99_seconds{job="intervals-proxy",instance="a"}': '0.5x60',
    },
    fires: ['ServerErrors', 'UnknownKeys', 'CacheTooSmall', 'EventLoopSlow'],
  },
}

const ALERTS = [...new Set(Object.values(PLAYS).flatMap(({ fires }) => fires))]

t.test('each alert fires in its own play, and in no other', { skip }, async (t) => {
  const dir = t.testdir({
    'plays.yml': JSON.stringify({
      rule_files: [RULES],
      evaluation_interval: '1m',
      tests: Object.entries(PLAYS).map(([name, { series, fires }]) => ({
        name,
        interval: '1m',
        input_series: Object.entries({ ...QUIET, ...series }).map(([of, values]) => ({
          series: of,
          values,
        })),
        promql_expr_test: ALERTS.map((alert) => ({
          expr: `count(ALERTS{alertname="IntervalsProxy${alert}",alertstate="firing"}) or vector(0)`,
          // What has to last for half an hour has lasted that long.
          eval_time: '59m',
          exp_samples: [{ labels: '{}', value: fires.includes(alert) ? 1 : 0 }],
        })),
      })),
    }),
  })
  const { status, said } = promtool(['test', 'rules', `${dir}/plays.yml`])
  t.equal(status, 0, said)
  t.equal(ALERTS.length, 14, 'all of them')
})
