import t from 'tap'
import type { SimulatorOptions } from '../../src/simulator/index.js'
import { firstId } from '../../src/simulator/seed/seed.js'
import { resourceNames, table } from '../../src/simulator/index.js'
import { call, simulate } from './call.js'

const wallNow = (): number => Date.parse('2026-07-01T12:00:00Z')

/** Every resource as each role of the agency sees it, and a write. */
async function everything(t: Tap, options: SimulatorOptions): Promise<readonly string[]> {
  const simulator = await simulate(t, { wallNow, ...options })
  const texts: string[] = []
  for (const token of ['agencyadm01', 'agencyres01', 'agencyexe01', 'studioadm01']) {
    for (const name of resourceNames) {
      const needed = table[name].requiredFilters?.map((filter) => `${filter}=1`) ?? []
      const limit = table[name].paged === false ? [] : ['limit=300']
      texts.push(
        (await call(simulator, `${name}?${[...needed, ...limit].join('&')}`, { token })).text,
      )
    }
  }
  const put = { method: 'PUT', body: { title: 'x' } }
  texts.push((await call(simulator, 'task/360001/', put)).text)
  return texts
}

type Tap = Parameters<typeof simulate>[0]

t.test('the same seed gives the same bytes, another seed others', async (t) => {
  const first = await everything(t, { seed: 5 })
  t.same(await everything(t, { seed: 5 }), first)
  t.notSame(await everything(t, { seed: 6 }), first)
})

t.test('time entries are the same whenever they are first asked for', async (t) => {
  const entries = async (isAskedBefore: boolean): Promise<string> => {
    const simulator = await simulate(t, { wallNow })
    if (isAskedBefore) await call(simulator, 'time?limit=1')
    // Nobody but its manager works on it.
    const body = { name: 'New', active: 't', billable: 't', datestart: '2026-07-01' }
    const project = await call(simulator, 'project', { method: 'POST', body })
    t.equal(project.status, 201)
    const projectid = project.row['id']
    const task = `task/${firstId('task', 0)}`
    const moved = await call(simulator, task, { method: 'PUT', body: { projectid } })
    t.equal(moved.status, 202)
    return (await call(simulator, 'time?limit=0')).text
  }
  t.equal(await entries(false), await entries(true))
})

t.test('an agency is as large as it says', async (t) => {
  const simulator = await simulate(t)
  const count = async (name: string): Promise<unknown> =>
    (await call(simulator, name)).json['listcount']
  t.equal(await count('client'), 40)
  t.equal(await count('project'), 150)
  t.equal(await count('task'), 2000)
  t.equal(await count('time'), 10_000)
})

t.test('every reference of the seeded rows leads somewhere', async (t) => {
  const simulator = await simulate(t)
  const { rows } = await call(simulator, 'time?limit=0')
  const embedded = ['project', 'module', 'worktype', 'person', 'hourlyrate']
  t.ok(rows.every((row) => embedded.every((name) => typeof row[name] === 'string')))
  const tasks = await call(simulator, 'task?limit=0')
  const names = ['project', 'module', 'status', 'severity', 'owners']
  t.ok(tasks.rows.every((row) => names.every((name) => typeof row[name] === 'string')))
})
