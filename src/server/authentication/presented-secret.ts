import { basicUsername } from '../../cache/index.js'

/**
 * What somebody presents to be let in: the username of Basic, which is where an Intervals token goes
 * (RFC 7617 §2), or a bearer token (RFC 6750 §2.1). Undefined for anything else.
 */
export function presentedSecret(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined
  const bearer = /^bearer +([!-~]+)\s*$/iu.exec(authorization)?.[1]
  return bearer ?? basicUsername(authorization)?.toString('utf8')
}
