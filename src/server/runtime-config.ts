/** What is made from the configuration alone; a reload replaces all of it or nothing. */

import { resolvePolicies } from '../cache/index.js'
import type { Policies, PolicyOverrides } from '../cache/index.js'
import { budgetRules } from './budgets/budget-rules.js'
import type { BudgetRules } from './budgets/budget-rules.js'
import type { Config } from '../config/schema.js'
import { createGateway } from './authentication/client-directory.js'
import type { Gateway } from './authentication/client-directory.js'

interface Derived {
  readonly config: Config
  readonly policies: Policies
  /** Which clients are known, and their rights. */
  readonly clients: Gateway
  readonly budgetRules: BudgetRules
}

/** Read anew for each request, because a reload replaces it. */
export interface RuntimeConfig extends Derived {
  /** Continues with another configuration, as a whole. Requests in flight and stored entries stay as they are. */
  reload(next: Config): void
}

export function createRuntimeConfig(config: Config, log?: { level: string }): RuntimeConfig {
  let derived = derivedFrom(config)
  return {
    get config() {
      return derived.config
    },
    get policies() {
      return derived.policies
    },
    get clients() {
      return derived.clients
    },
    get budgetRules() {
      return derived.budgetRules
    },
    reload(next) {
      derived = derivedFrom(next)
      if (log !== undefined) log.level = next.log.level
    },
  }
}

function derivedFrom(config: Config): Derived {
  return {
    config,
    policies: resolvePolicies(overridesOf(config)),
    clients: createGateway(config),
    budgetRules: budgetRules(config),
  }
}

function overridesOf(config: Config): PolicyOverrides {
  const overrides: Record<string, object> = {}
  for (const [name, given] of Object.entries(config.cache.resources)) {
    const { ttl, stale, staleWhileRevalidate, share, maxAge } = given
    overrides[name] = {
      ...(ttl !== undefined && { ttlMs: ttl }),
      ...(stale !== undefined && { staleMs: stale }),
      ...(staleWhileRevalidate !== undefined && { staleWhileRevalidateMs: staleWhileRevalidate }),
      ...(maxAge !== undefined && { maxAgeMs: maxAge }),
      ...(share !== undefined && { share: share === 'account' ? 'account' : 'credential' }),
    }
  }
  return overrides
}
