/** The place of a call in the queue. */

import type { CredentialStates } from '../credentials/credential-state.js'
import type { UpstreamCall } from './upstream-types.js'

/** Whose turn in the queue the call takes: for its admission, and for forecasts. */
export function turnOf(
  {
    client: { account, consumer, principal, credential = principal.id },
    program = consumer,
    priority,
    resource,
    isOwn = false,
  }: Pick<UpstreamCall, 'client' | 'program' | 'priority' | 'resource' | 'isOwn'>,
  credentials: Pick<CredentialStates, 'wasAccepted'>,
) {
  return {
    account,
    consumer,
    credential,
    isAccepted: isOwn || credentials.wasAccepted(principal.id),
    program,
    isOwn,
    priority,
    chargesDay: resource !== 'quota',
  }
}
