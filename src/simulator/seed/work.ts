/** Tasks, their notes, time entries and timers. */
import { addDays } from '../rows/call-context.js'
import { createRandom } from '../random.js'
import type { Row, Store } from '../rows/store.js'
import { twoDigits } from './people.js'
import type { SeedPlan } from './plan.js'
import { sentences, taskThings, taskVerbs } from './words.js'

/** Rows by project, so that a draw does not search the store. */
function byProject(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const project = row['projectid'] ?? ''
    const group = groups.get(project)
    if (group === undefined) groups.set(project, [row])
    else group.push(row)
  }
  return groups
}

export function seedTasks(store: Store, plan: SeedPlan): void {
  const { random } = plan
  const projects = store.all('project')
  const milestones = byProject(store.all('milestone'))
  const teams = byProject(store.all('projectteam'))
  const statuses = store.all('taskstatus')
  const closed = statuses.at(-1)?.id ?? ''
  const priorities = store.all('taskpriority')
  const modules = store.all('module').filter((row) => row['active'] === 't')
  for (let at = 0; at < plan.tasks; at += 1) {
    const project = random.pick(projects)
    const team = (teams.get(project.id) ?? []).map((row) => row['personid'] ?? '')
    const own = milestones.get(project.id)
    const opened = addDays(plan.today, -random.between(0, 400))
    const isClosed = random.chance(0.6)
    const status = isClosed ? closed : random.pick(statuses.slice(0, -1)).id
    const task = store.insert('task', {
      localidunpadded: String(at + 1),
      queueid: null,
      assigneeid: random.chance(0.9) ? somePeople(plan, team) : null,
      followerid: random.chance(0.2) ? random.pick(team) : null,
      ownerid: random.pick(team),
      statusid: status,
      projectid: project.id,
      moduleid: random.pick(modules).id,
      milestoneid: own !== undefined && random.chance(0.5) ? random.pick(own).id : null,
      title: `${random.pick(taskVerbs)} ${random.pick(taskThings)}`,
      summary: random.pick(sentences),
      dateopen: opened,
      datedue: random.chance(0.7) ? addDays(opened, random.between(3, 60)) : null,
      dateclosed: isClosed ? earlier(addDays(opened, random.between(1, 50)), plan.today) : null,
      datecreated: `${opened} 08:${twoDigits(random.between(0, 59))}:00`,
      datemodified: `${opened} 16:${twoDigits(random.between(0, 59))}:00`,
      estimate: random.chance(0.7) ? `${random.between(1, 40)}.00` : null,
      priorityid: random.pick(priorities).id,
    })
    if (at % 4 === 0) seedNote(store, plan, { task, authorid: random.pick(team) })
    if (at % 100 === 0) seedTimer(store, plan, { taskid: task.id, personid: random.pick(team) })
  }
}

function somePeople(plan: SeedPlan, team: readonly string[]): string {
  const first = plan.random.pick(team)
  const second = plan.random.pick(team)
  return first === second || plan.random.chance(0.7) ? first : `${first},${second}`
}

function earlier(a: string, b: string): string {
  return a < b ? a : b
}

function seedNote(
  store: Store,
  plan: SeedPlan,
  { task, authorid }: { readonly task: Row; readonly authorid: string },
): void {
  const stamp = `${earlier(addDays(task['dateopen'] ?? '', 1), plan.today)} 11:05:00`
  store.insert('tasknote', {
    taskid: task.id,
    authorid,
    date: stamp,
    datemodified: stamp,
    note: plan.random.pick(sentences),
    public: plan.random.chance(0.3) ? 't' : 'f',
  })
}

function seedTimer(
  store: Store,
  plan: SeedPlan,
  { taskid, personid }: { readonly taskid: string; readonly personid: string },
): void {
  store.insert('timer', {
    taskid: plan.random.chance(0.8) ? taskid : null,
    personid,
    name: 'Timer',
    starttime: plan.random.chance(0.4) ? `${plan.today} 08:00:00` : null,
    time: String(plan.random.between(0, 7200)),
    lastupdate: `${plan.today} 08:00:00`,
  })
}

/**
 * Time entries are created at first use, with a generator of their own and for the tasks as they are
 * now: a task that moves before then takes its entries along.
 */
export function seedTime(store: Store, plan: SeedPlan): void {
  const random = createRandom(plan.seed + 1)
  const tasks = store.all('task').map((task) => ({
    taskid: task.id,
    projectid: task['projectid'] ?? null,
    moduleid: task['moduleid'] ?? null,
  }))
  const teams = byProject(store.all('projectteam'))
  const worktypes = store.all('worktype')
  store.fillOnUse('time', function* () {
    for (let at = 0; at < plan.timeEntries; at += 1) {
      const { taskid, projectid, moduleid } = random.pick(tasks)
      const day = addDays(plan.today, -random.between(0, 365))
      const isGeneral = random.chance(0.1)
      yield {
        projectid,
        moduleid,
        taskid: isGeneral ? null : taskid,
        worktypeid: random.pick(worktypes).id,
        personid: random.pick(teams.get(projectid ?? '') ?? [])['personid'] ?? null,
        date: day,
        datemodified: `${day} 17:${twoDigits(random.between(0, 59))}:${twoDigits(random.between(0, 59))}`,
        time: (random.between(1, 32) / 4).toFixed(2),
        description: random.pick(sentences),
        billable: random.chance(0.8) ? 't' : 'f',
        approved: random.chance(0.7) ? 't' : 'f',
      }
    }
  })
}
