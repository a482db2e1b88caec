/** What config/ offers for Grafana and Prometheus names metrics and labels that are there. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { buildTestProxy } from './build.js'
import { describedIn, page } from './scrape.js'
import { inProject } from '../project.js'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly targets?: readonly { readonly expr: string }[]
}

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly action: string }
}

const textOf = (name: string): string => readFileSync(inProject(`config/${name}`), 'utf8')
const dashboard = JSON.parse(textOf('grafana-dashboard.json')) as {
  readonly panels: readonly Panel[]
}
const rules = (
  parse(textOf('alerts.yml')) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }
).groups.flatMap(({ rules }) => rules)

const expressions = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [`panel "${title}"`, expr] as const),
  ),
  ...rules.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
]

/** What Prometheus adds by itself. */
const ADDED = ['instance', 'job', 'le']
const WITHOUT_SUFFIX = /_(?:bucket|sum|count)$/u

t.test('every metric and every label in it exists', async (t) => {
  const proxy = await buildTestProxy(t)
  await proxy.ask('/client/')
  const described = describedIn(await page(proxy))
  const labelsOf = new Map(described.map(({ name, labels }) => [name, labels]))
  const named = new Set<string>()
  for (const [where, expr] of expressions) {
    const names = [...expr.matchAll(/\b(?:intervals_proxy|nodejs|process)_\w+/gu)].map(([name]) => {
      const whole = labelsOf.has(name) ? name : name.replace(WITHOUT_SUFFIX, '')
      t.ok(labelsOf.has(whole), `${where}: ${name}`)
      named.add(whole)
      return whole
    })
    const known = [...ADDED, ...names.flatMap((name) => labelsOf.get(name) ?? [])]
    for (const [, list = ''] of expr.matchAll(/\b(?:by|without)\s*\(([^)]*)\)/gu)) {
      for (const label of list.split(',')) t.ok(known.includes(label.trim()), `${where}: ${label}`)
    }
    for (const [, label = ''] of expr.matchAll(/[{,]\s*(\w+)\s*(?:=|!)/gu)) {
      t.ok(known.includes(label), `${where}: ${label}`)
    }
  }
  t.ok(named.size > 20, `${named.size} metrics are looked at`)
})

t.test('panels have ids of their own, and none lies on another', async (t) => {
  const { panels } = dashboard
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const cells = new Set<string>()
  for (const { title, gridPos } of panels) {
    t.ok(gridPos.x + gridPos.w <= 24, title)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        t.notOk(cells.has(`${x} ${y}`), `${title} at ${x} ${y}`)
        cells.add(`${x} ${y}`)
      }
    }
  }
})

t.test('every alert says how bad it is, what is the case, and what to do', async (t) => {
  t.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  for (const { alert, labels, annotations } of rules) {
    t.match(labels.severity, /^(?:critical|warning)$/, alert)
    t.match(annotations, { summary: /\S/, action: /\S/ }, alert)
  }
})
