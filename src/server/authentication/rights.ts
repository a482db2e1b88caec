/** What a consumer may do: per resource, to read or to write. */

import { isWrite } from '../../cache/index.js'
import type { ResourceName } from '../../cache/index.js'
import type { Config } from '../../config/schema.js'

type Allowed = 'all' | 'none' | readonly ResourceName[]

export interface Rights {
  readonly read: Allowed
  readonly write: Allowed
}

/** For who sends an Intervals token: Intervals knows what that may do. */
export const UNLIMITED: Rights = { read: 'all', write: 'all' }

/** Read-only unless the configuration says more. */
export function rightsOf({ read, write }: Config['consumers'][string]): Rights {
  return { read: read ?? 'all', write: write ?? 'none' }
}

/** `resource` undefined: a path that the proxy does not know; only `all` covers it. */
export function isAllowed(
  rights: Rights,
  request: { readonly method: string; readonly resource: ResourceName | undefined },
): boolean {
  const allowed = isWrite(request.method) ? rights.write : rights.read
  if (allowed === 'all' || allowed === 'none') return allowed === 'all'
  return request.resource !== undefined && allowed.includes(request.resource)
}
