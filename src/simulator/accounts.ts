/**
 * Accounts (tenants) with their people, roles and tokens. A token belongs to one person and so
 * identifies the account; the path has no tenant.
 * Source: www.myintervals.com/api/authentication.php
 */
export const roles = ['A', 'M', 'R', 'E'] as const
/** Administrator, Manager, Resource, Executive. */
export type Role = (typeof roles)[number]

export const groupNames = {
  A: 'Administrator',
  M: 'Manager',
  R: 'Resource',
  E: 'Executive',
} as const satisfies Record<Role, string>

/** Two of these ids, 2 and 4, were seen in a client; the others are guesses. */
export const groupIds = { A: '2', M: '3', R: '4', E: '5' } as const satisfies Record<Role, string>

export interface SimulatedPerson {
  readonly firstname: string
  readonly lastname: string
  readonly role: Role
  /** 11 lower-case alphanumerics each, by the tokens that were seen. */
  readonly tokens: readonly string[]
  /** The person sees only tasks that they own, follow or are assigned to. Default false. */
  readonly restrictTasks?: boolean
  /** Default true. A token of an inactive person is refused with code 8. */
  readonly active?: boolean
}

export const accountStates = ['active', 'inactive', 'suspended', 'banned', 'unpaid'] as const
export type AccountState = (typeof accountStates)[number]

export interface SimulatedAccount {
  readonly name: string
  /** agency: 40 clients, 150 projects, 2,000 tasks, 10,000 time entries; studio: a tenth; empty: people only. */
  readonly size: 'agency' | 'studio' | 'empty'
  readonly people: readonly SimulatedPerson[]
  /** Requests a day, if not the option `dayMax`. */
  readonly dayMax?: number
  /** Default active. Any other state refuses every request with code 3, 4, 5 or 6. */
  readonly state?: AccountState
}

/** The default tenants. Their tokens never change. */
export const defaultAccounts: readonly SimulatedAccount[] = [
  {
    name: 'agency',
    size: 'agency',
    people: [
      { firstname: 'Ada', lastname: 'Berg', role: 'A', tokens: ['agencyadm01', 'agencyadm1b'] },
      { firstname: 'Bruno', lastname: "O'Neill", role: 'A', tokens: ['agencyadm02'] },
      { firstname: 'Chloé', lastname: 'Durand', role: 'A', tokens: ['agencyadm03'] },
      { firstname: 'Dara', lastname: 'Finch', role: 'M', tokens: ['agencymgr01'] },
      { firstname: 'Emil', lastname: 'Gross', role: 'M', tokens: ['agencymgr02'] },
      { firstname: 'Fay', lastname: 'Holt', role: 'R', tokens: ['agencyres01'] },
      { firstname: 'Gil', lastname: 'Ibarra', role: 'R', tokens: ['agencyres02'] },
      {
        firstname: 'Hana',
        lastname: 'Jung',
        role: 'R',
        tokens: ['agencyres03'],
        restrictTasks: true,
      },
      { firstname: 'Ivo', lastname: 'Kern', role: 'E', tokens: ['agencyexe01'] },
      { firstname: 'Jo', lastname: 'Lund', role: 'R', tokens: ['agencygone1'], active: false },
    ],
  },
  {
    name: 'studio',
    size: 'studio',
    people: [
      { firstname: 'Kai', lastname: 'Moor', role: 'A', tokens: ['studioadm01'] },
      { firstname: 'Lea', lastname: 'Noll', role: 'M', tokens: ['studiomgr01'] },
      { firstname: 'Max', lastname: 'Orth', role: 'R', tokens: ['studiores01'] },
      { firstname: 'Nia', lastname: 'Pohl', role: 'E', tokens: ['studioexe01'] },
    ],
  },
]
