/** Finds the account and the person of a token. An account is seeded when it is first used. */
import { ApiError, type ApiCode } from '../api-error.js'
import { roles, type AccountState, type Role, type SimulatedAccount } from '../accounts.js'
import { groupIds } from '../accounts.js'
import type { SimulatorSettings } from '../options.js'
import { createStateHistory, type StateHistory } from '../rows/state-history.js'
import type { Row, Store } from '../rows/store.js'
import { firstId, seededStore } from '../seed/seed.js'

export interface Tenant {
  /** Row id of the first of `account.people`; the others follow. */
  readonly firstPersonId: number
  readonly account: SimulatedAccount
  readonly dayMax: number
  readonly history: StateHistory
}

export interface Caller {
  readonly tenant: Tenant
  readonly person: Row
  readonly role: Role
}

export interface Tenants {
  readonly all: readonly Tenant[]
  /** The account of a known token. */
  ofToken(token: string | undefined): Tenant | undefined
  /** Throws TypeError for an unknown account. */
  named(account: string): Tenant
  /** The caller, by the rows of `storeOf`. Throws ApiError 3 to 9. */
  authenticate(token: string | undefined, storeOf: (tenant: Tenant) => Store): Caller
}

const stateErrors = {
  inactive: 3,
  suspended: 4,
  banned: 5,
  unpaid: 6,
} as const satisfies Record<Exclude<AccountState, 'active'>, ApiCode>

export function createTenants(settings: SimulatorSettings): Tenants {
  const all = settings.accounts.map((account, position) => tenantOf(account, position, settings))
  const owners = new Map<string, { tenant: Tenant; at: number }>()
  for (const tenant of all) {
    for (const [at, person] of tenant.account.people.entries()) {
      for (const token of person.tokens) {
        if (owners.has(token)) throw new TypeError(`Expected every token once, got ${token} twice`)
        owners.set(token, { tenant, at })
      }
    }
  }
  return {
    all,
    ofToken: (token) => (token === undefined ? undefined : owners.get(token)?.tenant),
    named(name) {
      const tenant = all.find(({ account }) => account.name === name)
      if (tenant === undefined) throw new TypeError(`Expected an account, got ${name}`)
      return tenant
    },
    authenticate(token, storeOf) {
      const owner = token === undefined ? undefined : owners.get(token)
      if (owner === undefined) throw new ApiError(9)
      const { tenant, at } = owner
      const state = tenant.account.state ?? 'active'
      if (state !== 'active') throw new ApiError(stateErrors[state])
      const person = storeOf(tenant).get('person', String(tenant.firstPersonId + at))
      if (person === undefined) throw new ApiError(7)
      if (person['active'] !== 't') throw new ApiError(8)
      return { tenant, person, role: roleOf(person) }
    },
  }

  function tenantOf(
    account: SimulatedAccount,
    position: number,
    { seed, today, dayMax, monotonicNow, listLagMs, keepStates }: SimulatorSettings,
  ): Tenant {
    if (account.size !== 'empty' && !account.people.some((person) => person.role === 'A')) {
      throw new TypeError(`Expected account ${account.name} to have an administrator`)
    }
    let history: StateHistory | undefined
    return {
      firstPersonId: firstId('person', position),
      account,
      dayMax: account.dayMax ?? dayMax,
      get history() {
        const keep = { now: monotonicNow, keepMs: listLagMs, keepStates }
        return (history ??= createStateHistory(
          seededStore(account, { seed, today, position }),
          keep,
        ))
      },
    }
  }
}

function roleOf(person: Row): Role {
  return roles.find((role) => groupIds[role] === person['groupid']) ?? 'E'
}

/** The token is the user name of Basic; the password is ignored. */
export function tokenOf(authorization: string | undefined): string | undefined {
  const credentials = /^basic\s+([\w+/=-]+)/i.exec(authorization ?? '')?.[1]
  if (credentials === undefined) return undefined
  const pair = Buffer.from(credentials, 'base64').toString('utf8')
  const token = pair.split(':', 1)[0]?.trim() ?? ''
  return token === '' ? undefined : token
}
