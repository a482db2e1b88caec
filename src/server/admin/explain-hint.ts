/** What to ask instead, when an explanation finds nothing for a request that looks like a slip. */

import { RESOURCE_NAMES } from '../../cache/index.js'
import { nearest } from '../../config/nearest.js'

/** What curl, most programs and older programs ask for; undefined: no Accept at all. */
const USUAL_ACCEPTS = ['*/*', 'application/json', 'application/xml', undefined] as const

type Explained = Readonly<Record<string, unknown>>

/** Undefined: nothing better is known. */
export async function explainHint(
  { why, cache, ageSeconds }: Explained,
  path: string,
  asIf: { readonly accept: string | undefined; explain(accept?: string): Promise<Explained> },
): Promise<string | undefined> {
  if (why === 'unknown-resource') return nearestResource(path)
  if ((cache ?? why) !== 'uri-miss' || ageSeconds !== undefined) return undefined
  for (const accept of USUAL_ACCEPTS) {
    if (accept !== asIf.accept && (await asIf.explain(accept))['ageSeconds'] !== undefined) {
      return `an entry is stored for another Accept: ${accept ?? 'none sent'}`
    }
  }
  return undefined
}

function nearestResource(path: string): string | undefined {
  const [, name = ''] = path.split(/[/?]/u)
  const meant = nearest(name, RESOURCE_NAMES)
  return meant === undefined ? undefined : `did you mean /${meant}/?`
}
