/** Clients and projects with their teams, modules, work types, milestones and notes. */
import { addDays } from '../rows/call-context.js'
import type { Row, Store } from '../rows/store.js'
import type { SeedPlan } from './plan.js'
import { clientForms, clientKinds, clientWords, projectKinds, sentences } from './words.js'

export function seedClients(store: Store, plan: SeedPlan): void {
  for (let at = 0; at < plan.clients; at += 1) {
    const word = clientWords[at % clientWords.length] ?? ''
    const kind = clientKinds[(at * 5 + Math.floor(at / clientWords.length)) % clientKinds.length]
    const name = `${word} ${kind} ${plan.random.pick(clientForms)}`
    const host = `client-${at + 1}.example`
    store.insert('client', {
      localidunpadded: String(at + 1),
      name,
      datecreated: addDays(plan.today, -plan.random.between(200, 2000)),
      description: plan.random.pick(sentences),
      email: `office@${host}`,
      website: `https://${host}/`,
      phone: `555-01${String(at % 100).padStart(2, '0')}`,
      fax: '',
      address: `${plan.random.between(1, 99)} High Street\r\nSpringfield`,
      active: at % 8 === 7 ? 'f' : 't',
    })
  }
}

export function seedProjects(store: Store, plan: SeedPlan): void {
  const { random } = plan
  const clients = store.all('client')
  const labels = store.all('projectlabel')
  const managers = store.all('person').filter((row) => ['2', '3'].includes(row['groupid'] ?? ''))
  for (let at = 0; at < plan.projects; at += 1) {
    const client = at % 25 === 24 ? undefined : random.pick(clients)
    const start = addDays(plan.today, -random.between(30, 700))
    const billable = random.chance(0.85) ? 't' : 'f'
    const project = store.insert('project', {
      localidunpadded: String(at + 1),
      name: `${random.pick(projectKinds)} ${start.slice(0, 4)}`,
      description: random.pick(sentences),
      datestart: start,
      dateend: random.chance(0.6) ? addDays(start, random.between(60, 400)) : null,
      alert_percent: random.chance(0.3) ? '80' : null,
      alert_date: null,
      active: client?.['active'] === 'f' || random.chance(0.2) ? 'f' : 't',
      billable,
      budget: random.chance(0.5) ? `${random.between(2, 90)}000.00` : null,
      clientid: client?.id ?? null,
      labelid: random.chance(0.7) ? random.pick(labels).id : null,
      managerid: random.chance(0.95) ? random.pick(managers).id : null,
    })
    seedTeam(store, plan, project.id)
    seedRates(store, plan, project.id)
    seedMilestones(store, plan, project.id)
    if (random.chance(0.4)) {
      seedNote(store, plan, { project, authorid: random.pick(managers).id })
    }
  }
}

function seedNote(
  store: Store,
  { random }: SeedPlan,
  { project, authorid }: { readonly project: Row; readonly authorid: string },
): void {
  store.insert('projectnote', {
    localidunpadded: String(store.count('projectnote') + 1),
    projectid: project.id,
    authorid,
    title: 'Access & passwords',
    note: random.pick(sentences),
    secure: random.chance(0.5) ? 't' : 'f',
    date: `${addDays(project['datestart'] ?? '', 3)} 09:30:00`,
  })
}

/** Every administrator, and each of the others with a chance. */
function seedTeam(store: Store, plan: SeedPlan, projectid: string): void {
  for (const person of store.all('person')) {
    if (person['groupid'] !== '2' && !plan.random.chance(0.55)) continue
    const securenotes = person['groupid'] === '2' ? 't' : 'f'
    store.insert('projectteam', { projectid, personid: person.id, securenotes })
  }
}

function seedRates(store: Store, plan: SeedPlan, projectid: string): void {
  for (const module of store.all('module')) {
    if (module['active'] !== 't') continue
    const active = plan.random.chance(0.9) ? 't' : 'f'
    store.insert('projectmodule', { projectid, moduleid: module.id, description: '', active })
  }
  for (const worktype of store.all('worktype')) {
    store.insert('projectworktype', {
      projectid,
      worktypeid: worktype.id,
      hourlyrate: worktype['defaulthourlyrate'] ?? '0.00',
      esttime: plan.random.chance(0.3) ? '20.00' : null,
      active: 't',
    })
  }
}

function seedMilestones(store: Store, plan: SeedPlan, projectid: string): void {
  const { random } = plan
  const people = store.all('person')
  for (let left = random.between(0, 3); left > 0; left -= 1) {
    const datedue = addDays(plan.today, random.between(-200, 120))
    const milestone = store.insert('milestone', {
      localidunpadded: String(store.count('milestone') + 1),
      projectid,
      ownerid: random.pick(people).id,
      title: random.pick(['Launch', 'First draft', 'Go-live & handover', 'Beta']),
      datedue,
      description: random.pick(sentences),
      complete: datedue < addDays(plan.today, -30) ? 't' : 'f',
    })
    store.insert('milestonenote', {
      milestoneid: milestone.id,
      authorid: random.pick(people).id,
      date: `${addDays(plan.today, -random.between(1, 200))} 10:15:00`,
      note: random.pick(sentences),
      public: random.chance(0.5) ? 't' : 'f',
    })
  }
}
