/** The people of an account: those with tokens first, in the order given, then colleagues. */
import { groupIds, roles, type Role, type SimulatedAccount } from '../accounts.js'
import { createRandom } from '../random.js'
import { addDays } from '../rows/call-context.js'
import type { Row, Store } from '../rows/store.js'
import type { SeedPlan } from './plan.js'
import { firstnames, lastnames } from './words.js'

export function seedPeople(store: Store, account: SimulatedAccount, plan: SeedPlan): void {
  const { random } = plan
  for (const [at, person] of account.people.entries()) {
    insertPerson(store, plan, {
      ...person,
      username: person.tokens[0] ?? `user${at}`,
      isPrimary: at === 0,
    })
  }
  for (let at = 0; at < plan.colleagues; at += 1) {
    const firstname = firstnames[at % firstnames.length] ?? ''
    const lastname = lastnames[(at * 7) % lastnames.length] ?? ''
    const role = random.pick(roles.filter((role) => role !== 'A'))
    insertPerson(store, plan, { firstname, lastname, role, username: `colleague${at}` })
  }
}

interface NewPerson {
  readonly firstname: string
  readonly lastname: string
  readonly role: Role
  readonly username: string
  readonly isPrimary?: boolean
  readonly restrictTasks?: boolean
  readonly active?: boolean
}

function insertPerson(store: Store, plan: SeedPlan, person: NewPerson): void {
  // A generator for each person, so that one more person does not change all later draws.
  const random = createRandom(plan.seed + store.count('person'))
  const lastDay = addDays(plan.today, -random.between(0, 20))
  const row = store.insert('person', {
    localidunpadded: String(store.count('person') + 1),
    clientid: null,
    title: person.role === 'A' ? 'Partner' : '',
    firstname: person.firstname,
    lastname: person.lastname,
    primaryaccount: person.isPrimary === true ? 't' : 'f',
    notes: '',
    allprojects: person.role === 'A' ? 't' : 'f',
    active: person.active === false ? 'f' : 't',
    private: random.chance(0.2) ? 't' : 'f',
    tips: 'f',
    username: person.username,
    groupid: groupIds[person.role],
    numlogins: String(random.between(3, 900)),
    lastlogin: `${lastDay} ${twoDigits(random.between(7, 18))}:${twoDigits(random.between(0, 59))}:37.141327`,
    timezone: 'Europe/Brussels',
    timezone_offset: 'Brussels, Copenhagen, Madrid, Paris',
    restricttasks: person.restrictTasks === true ? 't' : 'f',
    calendarorientation: '1',
    editordisabled: '0',
  })
  seedContacts(store, row)
}

function seedContacts(store: Store, person: Row): void {
  const value = `${person['username'] ?? 'nobody'}@example.com`
  store.insert('personcontact', {
    personid: person.id,
    value,
    contacttypeid: '1',
    contactdescriptorid: '1',
  })
}

export function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
