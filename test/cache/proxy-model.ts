// The cache's parts put together as the proxy does it, around an upstream that counts its writes. Every
// wait is a `pause`, so that a test decides what happens first; a crash ends all pauses of a process.

import {
  cacheKey,
  createEntry,
  createFlights,
  createMemoryStore,
  createPrincipals,
  createTieredStore,
  createWrites,
  lookup,
  resolvePolicies,
  RESOURCE_NAMES,
  RESOURCES,
  invalidationScope,
  type FlightHandle,
  type Flights,
  type PurgeSelection,
  type ResourceName,
  type ResponseStore,
  type StoredResponse,
  type Writes,
} from '../../src/cache/index.js'
import { NO_DIRECTIVES, NOW_MS, target } from './fixtures.js'
import { Crashed, createVolatileDisk } from './volatile-disk.js'

export interface Credential {
  readonly token: string
  readonly account: string
}

export type Ending = 'acknowledged' | 'refused' | 'refused-applied' | 'lost' | 'lost-applied'

interface Body extends Credential {
  readonly path: string
  /** How many writes had touched the resource: the number of the last one. */
  readonly version: number
}

interface Process {
  isAlive: boolean
  readonly store: ResponseStore
  readonly writes: Writes
  readonly flights: Flights<StoredResponse>
  readonly pause: (what: string) => Promise<void>
}

const POLICIES = resolvePolicies({ taskstatus: { share: 'account' } })
const principals = createPrincipals({ secret: () => Buffer.alloc(32, 1) })

/** What the table says, read without the code under test. */
function touched(method: string, path: string): readonly ResourceName[] {
  const name = path.split('/')[1] as ResourceName
  const resource = RESOURCES[name]
  if (resource === undefined) return RESOURCE_NAMES
  const { invalidates, deleteInvalidates = [] } = resource
  if (method !== 'DELETE') return [name, ...invalidates]
  if (deleteInvalidates === 'account') return RESOURCE_NAMES
  return [
    name,
    ...invalidates,
    ...deleteInvalidates.flatMap((taken) => [taken, ...RESOURCES[taken].invalidates]),
  ]
}

export const newTally = () => ({
  reads: 0,
  hits: 0,
  hitsAfterRestart: 0,
  stale: 0,
  fallbacks: 0,
  joins: 0,
  invalidated: 0,
  informed: 0,
  writes: 0,
  acknowledged: 0,
  crashes: 0,
  crashesInWrite: 0,
  lostFlushes: 0,
  purges: 0,
})

export type Tally = ReturnType<typeof newTally>

export function createProxyModel(
  schedule: (what: string) => Promise<unknown>,
  { isOnDisk, tally }: { isOnDisk: boolean; tally: Tally },
) {
  const disk = createVolatileDisk()
  const versions = new Map<string, number>()
  const acknowledged = new Map<string, number>()
  const problems: string[] = []
  let applied = 0
  let nowMs = NOW_MS
  let bootedMs = 0
  let current: Process = boot()

  function boot() {
    const alive = {
      isAlive: true,
      async pause(what: string): Promise<void> {
        await schedule(what)
        if (!alive.isAlive) throw new Crashed()
      },
    }
    const mounted = isOnDisk ? disk.mount(alive) : undefined
    const memory = createMemoryStore({ maxBytes: 20_000 })
    bootedMs = nowMs
    return Object.assign(alive, {
      flights: createFlights<StoredResponse>(),
      writes: createWrites(mounted?.generations),
      store:
        mounted === undefined
          ? memory
          : createTieredStore({
              memory,
              disk: mounted.store,
              maxPendingBytes: 6000,
              onError: note,
            }),
    })
  }

  function note(error: unknown): void {
    if (!(error instanceof Crashed)) problems.push(String(error))
  }

  function check(entry: StoredResponse, asked: Credential & { path: string; known: number }): void {
    const { token, account, path, version } = JSON.parse(entry.body.toString()) as Body
    const mayShare = path === '/taskstatus'
    if (account !== asked.account || path !== asked.path || (token !== asked.token && !mayShare)) {
      problems.push(`${asked.token} ${asked.path} got what ${token} ${path} had asked for`)
    }
    if (version < asked.known) problems.push(`${path} of ${version} after ${asked.known}`)
  }

  async function read(
    who: Credential,
    path: string,
    how: { noCache: boolean; fails: boolean; urgency: number },
  ) {
    const process = current
    const { store, flights, writes } = process
    const { resource } = target(path)
    if (resource === undefined) throw new Error(`${path} is no resource`)
    const { account, token } = who
    const known = acknowledged.get(`${account} ${resource}`) ?? 0
    const asked = { ...who, path, known }
    tally.reads++
    if (known > 0) tally.informed++
    const generation = (): number => writes.generations.generation(account, resource)
    const key = cacheKey({
      account,
      principal: principals.of(`Bearer ${token}`),
      share: POLICIES[resource].share,
      format: 'json',
      target: target(path),
    })

    const fill = async ({ commit, signal }: FlightHandle): Promise<StoredResponse> => {
      await process.pause('fill leaves the queue')
      signal.throwIfAborted()
      const sent = generation()
      commit(sent)
      const sentAtMs = nowMs
      await process.pause('fill arrives')
      const version = versions.get(`${account} ${resource}`) ?? 0
      await process.pause('answer arrives')
      if (how.fails) throw new Error('down')
      const entry = createEntry({
        key,
        status: 200,
        headers: [['content-type', 'application/json']],
        body: Buffer.from(JSON.stringify({ token, account, path, version } satisfies Body)),
        account,
        resource,
        path,
        generation: sent,
        policy: POLICIES[resource],
        sentAtMs,
      })
      if (writes.generations.isCurrent(account, resource, sent)) await store.set(key, entry)
      return entry
    }
    const join = (urgency: number) =>
      flights.join({ key, generation: generation(), start: fill, urgency })

    const directives = { ...NO_DIRECTIVES, noCache: how.noCache }
    const generations = writes.generations
    const policy = POLICIES[resource]
    const found = await lookup({
      store,
      generations,
      key,
      account,
      resource,
      policy,
      directives,
      nowMs,
      refusedAtMs: -Infinity,
    })
    if (!process.isAlive) return
    if (found.kind !== 'miss') {
      tally[found.kind === 'hit' ? 'hits' : 'stale']++
      if (found.entry.storedAtMs < bootedMs) tally.hitsAfterRestart++
      check(found.entry, asked)
      if (found.kind === 'stale') await join(2).catch(ignoreDown)
      return
    }
    if (found.reason === 'invalidated') tally.invalidated++
    try {
      const joined = await join(how.urgency)
      if (!process.isAlive) return
      if (joined.kind === 'full') throw new Error('full')
      if (!joined.led) tally.joins++
      check(joined.value, asked)
    } catch (error) {
      ignoreDown(error)
      if (found.fallback === undefined) return
      tally.fallbacks++
      check(found.fallback.entry, asked)
    }
  }

  async function write(who: Credential, method: string, rawTarget: string, ending: Ending) {
    const process = current
    const { account } = who
    const scope = invalidationScope(method, target(rawTarget))
    if (scope === undefined) throw new Error('no write')
    tally.writes++
    await process.pause('write leaves the queue')
    const open = await process.writes.begin(account, scope)
    if (!process.isAlive) throw new Crashed()
    const names = touched(method, rawTarget)
    let mine = 0
    // The upstream goes on whatever becomes of the process.
    const carriedOut = schedule('write arrives').then(() => {
      if (ending === 'refused' || ending === 'lost') return
      mine = ++applied
      for (const name of names) versions.set(`${account} ${name}`, mine)
    })
    if (!ending.startsWith('lost')) await carriedOut
    await process.pause('write ends')
    open.end(true)
    if (ending !== 'acknowledged') return
    tally.acknowledged++
    for (const name of names) {
      const id = `${account} ${name}`
      acknowledged.set(id, Math.max(mine, acknowledged.get(id) ?? 0))
    }
  }

  return {
    problems,
    read: (...request: Parameters<typeof read>) => read(...request).catch(note),
    write: (...request: Parameters<typeof write>) => write(...request).catch(note),
    async purge(selection: PurgeSelection) {
      tally.purges++
      await current.store.purge(selection).catch(note)
    },
    wait(ms: number) {
      nowMs += ms
    },
    crash(kept: number) {
      tally.crashes++
      const keep = Math.round(disk.waiting * kept)
      if (keep < disk.waiting) tally.lostFlushes++
      current.isAlive = false
      disk.crash(keep)
      if (disk.unfinished > 0) tally.crashesInWrite++
      current = boot()
    },
  }
}

function ignoreDown(error: unknown): void {
  if (!(error instanceof Error) || error.message !== 'down') throw error
}
