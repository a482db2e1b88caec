import type { Services } from '../services.js'
import type { ProxyExchange } from './exchange.js'

/** Only who was let in by the upstream within this time shares in answers of others. */
export const ACCEPTED_FOR_MS = 15 * 60_000

/**
 * A token that works, or one that does not: both are worth remembering for a while. Resolves when all
 * who answer for us know of a refusal; only then may it be passed on. Never rejects.
 */
export async function noteCredential(
  services: Services,
  { account, principal }: ProxyExchange,
  answer: { readonly status: number; readonly authorization: string | undefined },
): Promise<void> {
  const { gate, accepted, revoked, quota, deps } = services
  if (answer.status === 401) {
    gate.refused(principal.id, deps.clock.monotonicMs())
    accepted.delete(principal.id)
    revoked.set(principal.id, deps.clock.wallMs())
    quota.refused(account, answer.authorization)
    await deps.disk?.changeFeed?.refused(principal.id, deps.clock.wallMs())
  } else if (answer.status < 400) {
    gate.accepted(principal.id)
    accepted.set(principal.id, true)
    quota.accepted(account, answer.authorization)
    deps.disk?.changeFeed?.accepted(principal.id, deps.clock.wallMs())
  }
}
