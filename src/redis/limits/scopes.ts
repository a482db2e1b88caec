/** Scopes of pauses: the window's is one per address that requests leave by. */

import { accountScope, WINDOW_SCOPE } from '../../limits/ledger/pause-rules.js'

export interface Scopes {
  /** Those that hold a request of this account back. */
  of(account: string): readonly string[]
  toShared(scope: string): string
  toLocal(scope: string): string
  /** The window of another address: it holds nobody up here. */
  isElsewhere(scope: string): boolean
}

export function createScopes(egress: string): Scopes {
  const own = `${WINDOW_SCOPE}:${egress}`
  return {
    of: (account) => [own, accountScope(account)],
    toShared: (scope) => (scope === WINDOW_SCOPE ? own : scope),
    toLocal: (scope) => (scope === own ? WINDOW_SCOPE : scope),
    isElsewhere: (scope) => scope.startsWith(`${WINDOW_SCOPE}:`) && scope !== own,
  }
}
