/**
 * Twenty programs and people of one agency, as public clients of Intervals behave: catalogues read at
 * every start, pages that refresh themselves, one call for each row of a list, time logged in bursts.
 * Nothing here knows what it talks to. The same seed gives the same day.
 */

import { randomBelow } from '../faults/random.js'
import type { Answer, Ask, Front, Urgency } from './front.js'

export type Rows = readonly Readonly<Record<string, string>>[]

export interface World {
  readonly front: Front
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** Midnight. */
  readonly startMs: number
  /** From when on there is life, and for how long. */
  readonly fromMs: number
  readonly hours: number
  readonly seed: number
  /** 85 further edits in the web interface. */
  readonly hasMoreEdits: boolean
  /** What is there at the beginning, as an administrator sees it. */
  readonly rows: (target: string) => Rows
  /** A row is changed in the web interface. */
  readonly edit: (resource: string, id: string, fields: Readonly<Record<string, string>>) => void
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const TODAY = '2026-06-30'

/** One token for all that runs by itself, as most have it; people have their own. */
const SHARED = 'agencyadm1b'
const PEOPLE = [
  'agencyadm01',
  'agencyadm02',
  'agencyadm03',
  'agencymgr01',
  'agencymgr02',
  'agencyres01',
  'agencyres02',
  'agencyres03',
] as const

export const CONSUMERS = [
  '3 wall dashboards: 17 reads every 15 min, day and night',
  '2 readers of one call per row: a utilisation report (81 reads each hour, 7 to 19) and a budget watch (42 every 30 min)',
  '2 synchronisations, started every 10 min: 8 catalogues and 2 busy lists at each start',
  '1 chat bot: a task or a project every 3 min, 8 to 18',
  '1 nightly export at 2:00: 130 pages',
  '1 invoice run at 16:00: a list and each of 60 invoices',
  '1 spreadsheet, refreshed at 9, 11, 14 and 17: 12 reads',
  '1 widget on a phone: the hours of today, every 5 min from 7 to 20',
  '8 people: 11 reads at each of two starts, a task every 12 min (one in three is then changed), 4 to 7 time entries at noon and at 17:00, each followed by a look at the list',
  'and 100 edits in the web interface, 8 to 18',
] as const

/** Resolves when the last of them is done. */
export function live(world: World): Promise<unknown> {
  const taskIds = world.rows('/task/?limit=2000').map((row) => row['id'] ?? '')
  const projectIds = world.rows('/project/?limit=200').map((row) => row['id'] ?? '')
  const worktype = world.rows('/worktype/')[0]?.['id'] ?? ''
  const random = randomBelow(world.seed)
  // Bits of the first numbers of a small seed are few.
  for (let turn = 0; turn < 20; turn++) random(2)
  const endMs = world.fromMs + world.hours * HOUR
  const at = (hour: number, minute = 0): number => world.startMs + hour * HOUR + minute * MINUTE

  const program = (consumer: string, token: string, urgency: Urgency) => {
    const ask = async (method: Ask['method'], target: string, body?: object): Promise<Answer> =>
      world.front({
        method,
        target,
        token,
        consumer,
        urgency: method === 'GET' ? urgency : 'write',
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    return {
      get: (target: string) => ask('GET', target),
      write: (method: 'POST' | 'PUT', target: string, body: object) => ask(method, target, body),
      async list(target: string): Promise<Rows> {
        const { status, body } = await ask('GET', target)
        if (status !== 200) return []
        const name = /^\/(\w+)/.exec(target)?.[1] ?? ''
        return ((JSON.parse(body) as Record<string, unknown>)[name] ?? []) as Rows
      },
    }
  }
  type Program = ReturnType<typeof program>

  async function each<T>(items: readonly T[], width: number, work: (item: T) => Promise<unknown>) {
    const queue = [...items]
    const worker = async (): Promise<void> => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
    }
    await Promise.all(Array.from({ length: width }, worker))
  }

  /** At these times of the day, as long as it lasts. */
  async function schedule(times: readonly number[], work: () => Promise<unknown>): Promise<void> {
    for (const time of times.toSorted((a, b) => a - b)) {
      if (time >= endMs) return
      if (time < world.fromMs) continue
      await world.sleep(time - world.now())
      await work()
    }
  }
  const every = (minutes: number, from: number, to: number, offsetMs = 0): readonly number[] =>
    Array.from(
      { length: Math.floor(((to - from) * 60) / minutes) },
      (_, turn) => at(from) + turn * minutes * MINUTE + offsetMs,
    )

  const catalogue = [
    '/client/?limit=200',
    '/person/?limit=200',
    '/project/?limit=200',
    '/taskstatus/',
    '/taskpriority/',
    '/worktype/?limit=100',
    '/module/?limit=100',
    '/group/',
  ]

  const dashboard = (screen: number): Promise<void> => {
    const page = program(`dashboard-${screen}`, SHARED, 'interactive')
    // From when somebody opened the page.
    return schedule(every(15, 0, 24, random(15 * MINUTE)), async () => {
      const projects = await page.list('/project/?active=t&limit=200')
      const rest = [
        '/client/?limit=200',
        '/person/?limit=200',
        '/milestone/?limit=100',
        `/time/?datebegin=${TODAY}&limit=500`,
        ...projects.slice(0, 12).map(({ id }) => `/task/?projectid=${id}&limit=100`),
      ]
      await each(rest, 6, (target) => page.get(target))
    })
  }

  const utilisation = (): Promise<void> => {
    const report = program('utilisation', SHARED, 'background')
    return schedule(every(60, 7, 19), async () => {
      const projects = await report.list('/project/?active=t&limit=200')
      await each(projects.slice(0, 40), 4, async ({ id }) => {
        await report.get(`/project/${id}/`)
        await report.get(`/time/?projectid=${id}&limit=1000`)
      })
    })
  }

  const budgets = (): Promise<void> => {
    const watch = program('budget-watch', SHARED, 'background')
    return schedule(every(30, 0, 24, 5 * MINUTE), async () => {
      await watch.get('/client/?limit=200')
      const projects = await watch.list('/project/?active=t&limit=200')
      await each(projects.slice(0, 40), 4, ({ id }) => watch.get(`/project/${id}/`))
    })
  }

  const synchronisation = (name: string, busy: readonly string[]): Promise<void> => {
    const job = program(name, SHARED, 'background')
    return schedule(every(10, 0, 24), async () => {
      for (const target of [...catalogue, ...busy]) await job.get(target)
    })
  }

  const bot = async (): Promise<void> => {
    const chat = program('chat-bot', SHARED, 'interactive')
    await schedule(every(3, 8, 18, random(3 * MINUTE)), async () => {
      const tasks = await chat.list('/task/?limit=50')
      const task = tasks[random(Math.max(1, tasks.length))]
      if (task !== undefined) await chat.get(`/task/${task['id']}/`)
    })
  }

  const nightlyExport = (): Promise<void> => {
    const job = program('export', SHARED, 'background')
    return schedule([at(2)], async () => {
      const pages = (name: string, count: number): readonly string[] =>
        Array.from({ length: count }, (_, page) => `/${name}/?limit=100&offset=${page * 100}`)
      const all = [...pages('time', 104), ...pages('task', 22), ...pages('project', 2)]
      await each([...all, ...pages('client', 1), ...pages('person', 1)], 2, (t) => job.get(t))
    })
  }

  const invoiceRun = (): Promise<void> => {
    const job = program('invoices', SHARED, 'background')
    return schedule([at(16)], async () => {
      const invoices = await job.list('/invoice/?limit=60')
      await each(invoices, 4, ({ id }) => job.get(`/invoice/${id}/`))
    })
  }

  const spreadsheet = (): Promise<void> => {
    const sheet = program('spreadsheet', 'agencymgr01', 'interactive')
    return schedule([at(9), at(11), at(14), at(17)], async () => {
      const busy = [0, 1].map((page) => `/time/?datebegin=${TODAY}&limit=100&offset=${page * 100}`)
      await each(
        [...catalogue.filter(isForAll), ...busy, '/task/?limit=200', '/milestone/?limit=100'],
        4,
        sheet.get,
      )
    })
  }

  const widget = (): Promise<void> => {
    const phone = program('widget', 'agencyadm02', 'interactive')
    return schedule(every(5, 7, 20, random(5 * MINUTE)), () =>
      phone.get(`/time/?datebegin=${TODAY}&limit=100`),
    )
  }

  /** The others are for administrators. */
  const isForAll = (target: string): boolean => !/^\/(?:module|worktype)/.test(target)

  async function start(app: Program, token: string): Promise<Rows> {
    await app.get('/me/')
    await each(token.includes('adm') ? catalogue : catalogue.filter(isForAll), 6, app.get)
    await app.get(`/time/?datebegin=${TODAY}&limit=100`)
    return app.list('/task/?limit=100')
  }

  const person = (token: string): readonly Promise<void>[] => {
    const app = program(`app of ${token}`, token, 'interactive')
    let tasks: Rows = []
    const begin = schedule(
      [at(8, random(60)), at(13, random(30))].map((time) => time + random(MINUTE)),
      async () => (tasks = await start(app, token)),
    )
    const work = schedule(every(12, 9, 17, random(12 * MINUTE)), async () => {
      const task = tasks[random(Math.max(1, tasks.length))]
      if (task === undefined) return
      await app.get(`/task/${task['id']}/`)
      if (random(3) > 0) return
      await world.sleep(20_000)
      const title = `${task['title'] ?? 'Task'} (${random(1_000)})`
      await app.write('PUT', `/task/${task['id']}/`, { title })
      await app.get(`/task/${task['id']}/`)
    })
    const logTime = schedule(
      [at(12), at(17)].map((time) => time + random(4 * MINUTE)),
      async () => {
        const me = JSON.parse((await app.get('/me/')).body) as { personid?: string }
        for (let entry = 4 + random(4); entry > 0; entry--) {
          const task = tasks[random(Math.max(1, tasks.length))]
          await app.write('POST', '/time/', {
            projectid: task?.['projectid'],
            moduleid: task?.['moduleid'],
            taskid: task?.['id'],
            worktypeid: worktype,
            personid: me.personid,
            date: TODAY,
            time: `${1 + random(3)}.00`,
            billable: 't',
            description: 'As agreed.',
          })
          await app.get(`/time/?personid=${me.personid}&datebegin=${TODAY}&limit=100`)
          await world.sleep(5_000 + random(20_000))
        }
      },
    )
    return [begin, work, logTime]
  }

  const web = async (): Promise<void> => {
    const times = Array.from({ length: 100 }, () => at(8) + random(10 * HOUR))
    await schedule(times, async () => {
      const [resource, id, field] =
        random(10) < 7
          ? (['task', taskIds[random(taskIds.length)], 'summary'] as const)
          : (['project', projectIds[random(projectIds.length)], 'description'] as const)
      if (id !== undefined) world.edit(resource, id, { [field]: `Changed ${random(100_000)}.` })
    })
  }

  const moreEdits = async (): Promise<void> => {
    const kinds = [
      ['time', 60, 'description'],
      ['expense', 10, 'description'],
      ['milestone', 8, 'description'],
      ['client', 4, 'name'],
      ['person', 2, 'title'],
      ['worktype', 1, 'name'],
    ] as const
    await Promise.all(
      kinds.map(async ([resource, count, field]) => {
        const ids = world.rows(`/${resource}/?limit=500`).map((row) => row['id'] ?? '')
        const times = Array.from({ length: count }, () => at(8) + random(10 * HOUR))
        await schedule(times, async () => {
          const id = ids[random(Math.max(1, ids.length))]
          if (id !== undefined) world.edit(resource, id, { [field]: `Changed ${random(100_000)}.` })
        })
      }),
    )
  }

  const synchronisations = [
    synchronisation('crm', ['/task/?limit=100', '/milestone/?limit=100']),
    synchronisation('payroll', [`/time/?datebegin=${TODAY}&limit=500`, '/expense/?limit=100']),
  ]
  return Promise.all([
    ...[1, 2, 3].map(dashboard),
    utilisation(),
    budgets(),
    ...synchronisations,
    bot(),
    nightlyExport(),
    invoiceRun(),
    spreadsheet(),
    widget(),
    ...PEOPLE.flatMap(person),
    web(),
    ...(world.hasMoreEdits ? [moreEdits()] : []),
  ])
}
