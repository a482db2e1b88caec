/** A credential that Intervals refused a moment ago gets a 401 that costs no call. */

import type { CredentialStates } from '../../credentials/credential-state.js'
import { ProblemError } from '../../errors/problems.js'
import type { Layer } from '../layer.js'

export function credentialBreaker<E>(credentials: Pick<CredentialStates, 'closedForMs'>): Layer<E> {
  return async (request, next) => {
    const retryAfterMs = credentials.closedForMs(request.client.principal.id)
    if (retryAfterMs !== undefined) throw new ProblemError('CREDENTIAL_REFUSED', { retryAfterMs })
    return next(request)
  }
}
