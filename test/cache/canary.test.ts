// An upstream that answers everybody with his own token. However the requests of many meet in the
// cache, in flights, in the queue, on disk, as stale or as too long: each token comes back to its owner.

import { request } from 'undici'
import t from 'tap'
import { REFRESHED_BEHIND, buildTestProxy, startUpstream } from '../server/build.js'
import { open, temporaryFile } from './disk-setup.js'

const REQUESTS = Number(process.env['CANARY_REQUESTS'] ?? 2_500)
const AT_ONCE = 100
const TOKENS = Array.from({ length: 20 }, (_, i) => `canary${'abcdefghijklmnopqrst'[i]}`)
const PATHS = ['/client/', '/client/1/', '/client/?limit=9', '/me/', '/task/', '/taskstatus/']
/** Longer than an entry may be: streamed to one, and asked for by each of the others. */
const LONG = '/project/'

/** The token of Basic credentials. */
const ownerOf = (authorization: string | undefined): string =>
  Buffer.from((authorization ?? '').replace(/^Basic /, ''), 'base64')
    .toString()
    .replace(/:.*/, '')

t.test(`${REQUESTS} requests of ${TOKENS.length} credentials`, { timeout: 280_000 }, async (t) => {
  let random = 5
  const next = (below: number): number => (random = (random * 48_271) % 0x7f_ff_ff_ff) % below
  let calls = 0
  const upstream = await startUpstream(t, (request, response) => {
    calls++
    const owner = ownerOf(request.headers.authorization)
    const padding = request.url === LONG ? 'x'.repeat(40_000) : ''
    const answer = (): void => {
      if (next(40) === 0) return void response.socket?.destroy()
      const status = next(30) === 0 ? 503 : 200
      response.writeHead(status, {
        'content-type': 'application/json',
        'set-cookie': `session=${owner}`,
      })
      response.end(JSON.stringify({ owner, target: request.url, padding }))
    }
    setTimeout(answer, next(6))
  })
  const disk = open(t, temporaryFile(t), { maxEntryBytes: 8192 })
  const proxy = await buildTestProxy(t, {
    upstreamUrl: upstream.url,
    settings: {
      limits: { minute: { max: 100_000, window: '1s' }, day: { max: 10_000_000 } },
      // A small memory before the disk, so that answers come from there as well.
      cache: { ...REFRESHED_BEHIND.settings?.cache, maxSize: '64KiB', maxEntrySize: '8KiB' },
    },
    deps: { disk },
  })

  const outcomes = new Map<string, number>()
  const problems: string[] = []
  const count = (outcome: string): void => {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  async function ask(): Promise<void> {
    const token = TOKENS[next(3) === 0 ? next(TOKENS.length) : next(4)] ?? ''
    const isWrite = next(60) === 0
    const path = next(25) === 0 ? LONG : (PATHS[next(PATHS.length)] ?? '/')
    const { statusCode, headers, body } = await request(`http://127.0.0.1:${proxy.port}${path}`, {
      method: isWrite ? 'PUT' : 'GET',
      headers: {
        authorization: `Basic ${Buffer.from(`${token}:${next(2)}`).toString('base64')}`,
        accept: 'application/json',
        ...(next(20) === 0 && { 'cache-control': 'no-cache' }),
      },
      body: isWrite ? '{}' : null,
    })
    const text = await body.text()
    const cacheStatus = String(headers['cache-status'])
    const words =
      /stale-while-revalidate|served-on-error|too-large|collapsed|^intervals-proxy; hit/g
    for (const [word] of cacheStatus.matchAll(words)) count(word.replace('intervals-proxy; ', ''))
    if (statusCode >= 500) count('failed')
    if (statusCode !== 200) return
    const { owner, target } = JSON.parse(text) as { owner: string; target: string }
    const cookie = String(headers['set-cookie'] ?? `session=${token}`)
    if (owner !== token || target !== path || cookie !== `session=${token}`) {
      problems.push(`${token} ${path}: ${owner} ${target} ${cookie} (${cacheStatus})`)
    }
  }
  let left = REQUESTS
  const consumer = async (): Promise<void> => {
    while (left-- > 0) {
      // Enough to make what is stored stale, and sometimes of no use.
      if (next(60) === 0) proxy.clock.advance(20_000 + next(60_000))
      await ask().catch((error: unknown) => problems.push(String(error)))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, consumer))
  t.comment(JSON.stringify({ calls, ...Object.fromEntries(outcomes) }))
  t.same(problems, [])
  t.ok(disk.store.usage().entries > TOKENS.length, `${disk.store.usage().entries} on disk`)
  for (const outcome of ['hit', 'collapsed', 'too-large', 'failed', 'stale-while-revalidate']) {
    // How often depends on how requests meet; that it happens at all is what the test needs.
    t.ok(outcomes.has(outcome), `${outcome}: ${outcomes.get(outcome)}`)
  }
})
