/** What is made from the configuration alone; a reload replaces all of it or nothing. */

import { resolvePolicies } from '../cache/index.js'
import type { Policies, PolicyOverrides } from '../cache/index.js'
import { budgetRules } from './budgets/budget-rules.js'
import type { BudgetRules } from './budgets/budget-rules.js'
import type { Config } from '../config/schema.js'
import { createGateway } from './authentication/client-directory.js'
import type { Gateway } from './authentication/client-directory.js'

export interface RuntimeConfig {
  readonly config: Config
  readonly policies: Policies
  readonly gateway: Gateway
  readonly budgetRules: BudgetRules
}

export function runtimeConfigOf(config: Config): RuntimeConfig {
  return {
    config,
    policies: resolvePolicies(overridesOf(config)),
    gateway: createGateway(config),
    budgetRules: budgetRules(config),
  }
}

function overridesOf(config: Config): PolicyOverrides {
  const overrides: Record<string, object> = {}
  for (const [name, given] of Object.entries(config.cache.resources)) {
    const { ttl, stale, staleWhileRevalidate, share } = given
    overrides[name] = {
      ...(ttl !== undefined && { ttlMs: ttl }),
      ...(stale !== undefined && { staleMs: stale }),
      ...(staleWhileRevalidate !== undefined && { staleWhileRevalidateMs: staleWhileRevalidate }),
      ...(share !== undefined && { share: share === 'account' ? 'account' : 'credential' }),
    }
  }
  return overrides
}
