/**
 * Puts answers into the file of a proxy that does not run, as a process of its own: through the proxy a
 * million take a quarter of an hour. One is there already, read through the proxy; the others are like it.
 * Arguments: the data directory, the upstream, the path, how many.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheKey, createPrincipals, openDisk, parseTarget } from '../../src/cache/index.js'
import { AUTHORIZATION } from '../hits/headers.js'

const [directory = '', origin = '', path = '', countText = ''] = process.argv.slice(2)
const AT_ONCE = 5_000
const MAX_BYTES = 2 ** 40

const secret = readFileSync(join(directory, 'secret.key'))
const principal = createPrincipals({ secret: () => secret }).of(AUTHORIZATION)
const disk = openDisk({
  path: join(directory, 'cache.mdb'),
  origin,
  maxBytes: MAX_BYTES,
  maxEntryBytes: MAX_BYTES,
  onError: (error) => {
    throw error
  },
})

function keyOf(id: number): string {
  const target = parseTarget(path + id)
  if (target.kind === 'ambiguous') throw new Error(`${path} is ${target.reason}`)
  return cacheKey({ account: 'default', principal, share: 'credential', format: 'json', target })
}

const first = await disk.store.get(keyOf(0))
if (first === undefined) throw new Error(`${path}0 is not there: the key is made in another way`)
for (let from = 1; from < Number(countText); from += AT_ONCE) {
  const ids = Array.from(
    { length: Math.min(AT_ONCE, Number(countText) - from) },
    (_, at) => from + at,
  )
  await Promise.all(ids.map((id) => disk.store.set(keyOf(id), first)))
}
await disk.close()
