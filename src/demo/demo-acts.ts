/** What happens in the demo, one act after the other. Each tells what it does and what came of it. */

import { setTimeout } from 'node:timers/promises'
import type { Answer, Consumer } from './consumer.js'
import { LIMIT } from './stage.js'
import type { Stage } from './stage.js'
import { columns } from '../cli/display/layout.js'
import { bars, milliseconds } from './print.js'
import type { Out } from './print.js'

export interface Cast {
  readonly dashboard: Consumer
  /** The same token as the dashboard. */
  readonly reports: Consumer
  /** Another person's token. */
  readonly timesheet: Consumer
}

interface Scene {
  readonly stage: Stage
  readonly cast: Cast
  readonly out: Out
}

const LISTS = [
  '/client/?limit=100',
  '/project/?limit=100',
  '/taskstatus/',
  '/task/?limit=50',
  '/milestone/?limit=50',
  '/time/?limit=50',
] as const

export async function coldStart({ stage, cast, out }: Scene): Promise<void> {
  const { dashboard, reports, timesheet } = cast
  const both = `${dashboard.name} and ${reports.name}`
  out.title(`Cold start: ${both}, with one token, ask for the same lists at the same moment`)
  const before = stage.simulator.arrivals.length
  const asked = LISTS.flatMap((path) => [dashboard.get(path), reports.get(path)])
  const answers = await Promise.all(asked)
  out.lines(
    columns(
      [['', dashboard.name, reports.name]].concat(
        LISTS.map((path) => {
          const fates = answers.filter((answer) => answer.path === path)
          return [`GET ${path}`, ...fates.map(({ fate }) => fate)]
        }),
      ),
    ),
  )
  const arrivals = stage.simulator.arrivals.slice(before)
  const own = arrivals.filter(({ target }) => target.startsWith('/quota')).length
  out.line(
    `${answers.length} asked, ${arrivals.length - own} sent to Intervals` +
      (own === 0 ? '' : `, and ${own} of the proxy's own: GET /quota/, for the limit of the day`),
  )
  const theirs = await Promise.all(LISTS.map((path) => timesheet.get(path)))
  const sent = theirs.filter(({ fate }) => fate === 'sent').length
  out.line(
    `${timesheet.name}, with another person's token, asks for the same: ${sent} of ${theirs.length} sent;`,
    'answers differ by person, so nobody gets what another token fetched',
  )
}

export async function hits({ stage, cast, out }: Scene): Promise<void> {
  const rounds = 10
  out.title(`Hits: all three ask for all of it again, ${rounds} times over`)
  const before = stage.simulator.arrivals.length
  const answers: Answer[] = []
  for (let round = 0; round < rounds; round++) {
    for (const consumer of Object.values(cast) as Consumer[]) {
      answers.push(...(await Promise.all(LISTS.map((path) => consumer.get(path)))))
    }
  }
  const times = answers.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b)
  const median = times[Math.floor(times.length / 2)] ?? 0
  out.line(
    `${answers.length} asked, ${stage.simulator.arrivals.length - before} sent to Intervals; ` +
      `half of the answers within ${milliseconds(median)}`,
  )
}

/** False if the write cannot be seen in the answers after it. */
export async function write({ cast, out }: Scene): Promise<boolean> {
  const { dashboard, reports } = cast
  const list = await dashboard.get('/task/?limit=50')
  const { task } = JSON.parse(list.body) as { task: readonly { id: string; title: string }[] }
  const first = task[0]
  if (first === undefined) throw new Error('the simulated account has no task')
  const path = `/task/${first.id}/`
  const title = 'Renamed by the demo'
  out.title(`A write: ${dashboard.name} renames a task, PUT ${path}`)
  const written = await dashboard.put(path, { title })
  out.line(`${written.status}. What ${reports.name} gets from now on:`)
  const answers: Answer[] = []
  for (const each of LISTS) answers.push(await reports.get(each))
  out.lines(
    columns(answers.map((each) => [`GET ${each.path}`, wordFor(each), `(${each.cacheStatus})`])),
  )
  const isThere = answers.some(
    ({ path, body }) => path.startsWith('/task/') && body.includes(title),
  )
  out.line(`the new title is in the list of tasks: ${isThere ? 'yes' : 'NO'}`)
  return isThere
}

const wordFor = ({ fate }: Answer): string => (fate === 'hit' ? 'still a hit' : 'fetched anew')

export async function burst({ cast, out }: Scene): Promise<void> {
  const { dashboard, reports } = cast
  const { body } = await reports.get('/task/?limit=50')
  const { task } = JSON.parse(body) as { task: readonly { id: string }[] }
  const paths = task.slice(0, 30).map(({ id }) => `/task/${id}/`)
  const limit = `${LIMIT.max} per ${LIMIT.windowMs / 1_000} s`
  out.title(
    `A burst: ${reports.name} asks for ${paths.length} tasks at once; the limit is ${limit}`,
  )
  out.line('(first a pause, so that the window is empty)')
  await setTimeout(LIMIT.windowMs + 500)
  const answers = paths.map((path) => reports.get(path))
  // By the first answer the others are in the queue.
  await Promise.race(answers)
  const [other, hurried, hit] = await Promise.all([
    dashboard.get('/person/?limit=100'),
    reports.get('/document/', { prefer: 'wait=0' }),
    dashboard.get('/client/?limit=100'),
  ])
  out.line(
    `meanwhile ${dashboard.name}, one list that is new: ${other.status}, ` +
      `${milliseconds(other.queuedMs)} in the queue`,
    `meanwhile ${dashboard.name}, one that is stored: ${hit.status}, in ${milliseconds(hit.tookMs)}`,
    `meanwhile ${reports.name}, one with "Prefer: wait=0": ${hurried.status} at once` +
      (hurried.retryAfterSeconds === undefined
        ? ''
        : `, Retry-After: ${hurried.retryAfterSeconds}`),
  )
  const all = await Promise.all(answers)
  const good = all.filter(({ status }) => status === 200)
  out.line(`${good.length} of ${all.length} answered with 200, after a wait of`)
  out.lines(bars(good.map(({ queuedMs }) => queuedMs)))
}
