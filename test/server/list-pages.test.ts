// Pages of one list: a client that reads all of them sees each row once, whatever moved in between.
import t, { type Test } from 'tap'
import { buildTestProxy, startUpstream } from './build.js'

type Rows = readonly { readonly id: string }[]
const OFFSETS = [0, 50, 100]
const MINUTE = 60_000

async function build(t: Test) {
  const proxy = await buildTestProxy(t, {
    settings: { cache: { freshness: 'fixed' } },
  })
  const { ask, sim } = proxy
  const page = async (offset: number, more = '', token?: string): Promise<readonly string[]> => {
    const path = `/project/?sortfield=name&limit=50&offset=${offset}${more}`
    const { status, text } = await ask(path, token === undefined ? {} : { token })
    t.equal(status, 200)
    return (JSON.parse(text) as { project: Rows }).project.map(({ id }) => id)
  }
  return {
    ...proxy,
    page,
    async all(token?: string): Promise<readonly string[]> {
      const pages = []
      for (const offset of OFFSETS) pages.push(...(await page(offset, '', token)))
      return pages
    },
    async callsOf(read: () => Promise<unknown>): Promise<number> {
      sim.clearArrivals()
      await read()
      return sim.arrivals.length
    },
  }
}

/** The first page is older than the others, and the last row moves to the front of the list. */
async function moved(t: Test) {
  const proxy = await build(t)
  const { page, all, sim, clock } = proxy
  await page(0)
  clock.advance(3 * MINUTE)
  const before = await all()
  t.equal(new Set(before).size, 150)
  sim.edit('agency', 'project', before.at(-1) ?? '', { name: 'AAA' })
  clock.advance(8 * MINUTE)
  return { ...proxy, last: before.at(-1) }
}

t.test(
  'when a page turns out to have changed, the others are fetched before they are served',
  async (t) => {
    const { page, all, callsOf, last } = await moved(t)
    t.equal((await page(0))[0], last, 'the first page has expired, so it is fetched')
    const seen = await all()
    t.equal(new Set(seen).size, 150, 'each row once')
    await all()
    t.equal(await callsOf(all), 0, 'it comes to rest')
  },
)

t.test('pages that did not change are compared once and kept', async (t) => {
  const { page, all, clock, callsOf } = await build(t)
  await page(0)
  clock.advance(3 * MINUTE)
  await all()
  clock.advance(8 * MINUTE)
  t.equal(await callsOf(() => page(0)), 1)
  t.equal(await callsOf(all), 0, 'the others are fresh for two minutes more')
})

t.test('only pages of the same list, of the same token, are suspect', async (t) => {
  const { page, clock, sim, callsOf } = await build(t)
  const others = [
    () => page(50, '&active=true'),
    () => page(50, '', 'agencymgr01'),
    async () => t.equal((await page(50)).length, 50),
  ]
  await page(0)
  clock.advance(3 * MINUTE)
  for (const read of others) await read()
  const [first = ''] = await page(0)
  sim.edit('agency', 'project', first, { description: 'changed' })
  clock.advance(8 * MINUTE)
  await page(0)
  const calls = []
  for (const read of others) calls.push(await callsOf(read))
  t.strictSame(calls, [0, 0, 1])
})

t.test('a suspect page is served when Intervals cannot answer', async (t) => {
  const { page, sim, last } = await moved(t)
  t.equal((await page(0))[0], last)
  await sim.close()
  t.equal((await page(50)).length, 50)
})

t.test('a list that differs at every look keeps its ttl', async (t) => {
  let calls = 0
  const upstream = await startUpstream(t, (_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ code: 200, listcount: '99', time: ++calls, project: [] }))
  })
  const { ask, clock } = await buildTestProxy(t, {
    upstreamUrl: upstream.url,
    settings: { cache: { freshness: 'fixed' } },
  })
  const read = (offset: number) => ask(`/project/?limit=50&offset=${offset}`)
  for (let n = 0; n < 12; n++) {
    await read(0)
    clock.advance(11 * MINUTE)
  }
  await read(0)
  clock.advance(6 * MINUTE)
  await read(50)
  clock.advance(5 * MINUTE)
  const before = calls
  await read(0)
  t.equal(calls, before + 1, 'the first page has expired, and differs again')
  await read(50)
  t.equal(calls, before + 1, 'the other one is fresh for five minutes more')
})
