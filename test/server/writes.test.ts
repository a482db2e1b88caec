import t from 'tap'
import { buildTestProxy, type TestProxy } from './build.js'

const CLIENT = '/client/100001/'
const rename = (proxy: TestProxy, name: string, path = CLIENT) =>
  proxy.ask(path, { method: 'PUT', body: JSON.stringify({ name }) })
const isHit = (answer: { headers: Record<string, unknown> }): boolean =>
  String(answer.headers['cache-status']).startsWith('intervals-proxy; hit')

t.test('a read after an acknowledged write is new', async (t) => {
  const proxy = await buildTestProxy(t)
  for (const path of [
    CLIENT,
    '/client/100001',
    '/client/',
    '/client/?search=e',
    '/project/?limit=0',
  ]) {
    await proxy.ask(path)
    t.ok(isHit(await proxy.ask(path)), path)
    const name = `After ${path.replaceAll(/\W/g, '')}`
    t.equal((await rename(proxy, name)).status, 202)
    const after = await proxy.ask(path)
    t.notOk(isHit(after), path)
    t.match(after.text, name, path)
  }
})

t.test('a fill that was out during the write is not served after it', async (t) => {
  const proxy = await buildTestProxy(t)
  const hold = proxy.sim.hold(({ method }) => method === 'GET')
  const before = proxy.ask(CLIENT)
  await hold.untilWaiting(1)
  t.equal((await rename(proxy, 'New name')).status, 202)
  hold.release()
  t.notMatch((await before).text, 'New name', 'it may be old for who asked before')
  const after = await proxy.ask(CLIENT)
  t.match(after.text, 'New name')
  t.ok(isHit(await proxy.ask(CLIENT)))
})

t.test('a read after the write does not join the one that was out before', async (t) => {
  const proxy = await buildTestProxy(t)
  const hold = proxy.sim.hold(({ method }) => method === 'GET')
  const before = proxy.ask(CLIENT)
  await hold.untilWaiting(1)
  await rename(proxy, 'New name')
  const after = [proxy.ask(CLIENT), proxy.ask(CLIENT)]
  await hold.untilWaiting(2)
  hold.release()
  await before
  for (const { text } of await Promise.all(after)) t.match(text, 'New name')
  t.match((await proxy.ask(CLIENT)).text, 'New name')
  t.equal(proxy.targets().length, 3)
})

t.test('a read that is sent while the write is out is not kept', async (t) => {
  const proxy = await buildTestProxy(t)
  const hold = proxy.sim.hold(({ method }) => method === 'PUT', 'execution')
  const write = rename(proxy, 'New name')
  await hold.untilWaiting(1)
  t.notMatch((await proxy.ask(CLIENT)).text, 'New name')
  t.ok(isHit(await proxy.ask(CLIENT)), 'until then it serves')
  hold.release()
  t.equal((await write).status, 202)
  t.match((await proxy.ask(CLIENT)).text, 'New name')
})

t.test(
  'what depends on what was written is new as well, and the rest is not dropped',
  async (t) => {
    const proxy = await buildTestProxy(t)
    const { ask } = proxy
    const { text } = await ask('/time/?limit=1')
    const [, id] = /"id":"(\d+)"/.exec(text) ?? []
    const dependents = ['/task/?limit=3', '/milestone/', '/projectworktype/?limit=3', '/time/']
    const others = ['/client/', '/person/', '/taskstatus/', '/worktype/']
    for (const path of [...dependents, ...others]) await ask(path)
    t.equal((await ask(`/time/${id}/`, { method: 'PUT', body: '{"description":"x"}' })).status, 202)
    for (const path of dependents) t.notOk(isHit(await ask(path)), path)
    for (const path of others) t.ok(isHit(await ask(path)), path)
  },
)

t.test('another token of the account sees what was written', async (t) => {
  const { ask } = await buildTestProxy(t)
  const token = 'agencyadm02'
  await ask(CLIENT, { token })
  await ask(CLIENT, { method: 'PUT', body: '{"name":"New name"}' })
  t.match((await ask(CLIENT, { token })).text, 'New name')
})

const UNKNOWN_ENDS = [
  ['execute-then-reset', 502],
  ['execute-then-hang', 504],
  ['reset-mid-body', 502],
] as const

for (const [kind, status] of UNKNOWN_ENDS) {
  t.test(`a write that ends with ${kind} drops what it touched too`, async (t) => {
    const proxy = await buildTestProxy(t, { settings: { upstream: { timeout: '500ms' } } })
    await proxy.ask(CLIENT)
    proxy.sim.setFaults([{ kind, match: { method: 'PUT' } }])
    const hold = proxy.sim.hold(({ method }) => method === 'PUT', 'execution')
    const write = rename(proxy, 'New name').then(
      (answer) => answer.status,
      () => status,
    )
    await hold.untilWaiting(1)
    // Between the two drops: read again while the write is out.
    t.notMatch((await proxy.ask(CLIENT)).text, 'New name')
    hold.release()
    t.equal(await write, status)
    t.match((await proxy.ask(CLIENT)).text, 'New name')
    t.equal(proxy.targets().filter((target) => target.startsWith('PUT')).length, 1, 'sent once')
  })
}

t.test('a write that failed drops what it might have touched', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  for (const status of [400, 500]) {
    await ask(CLIENT)
    sim.setFaults([{ kind: 'status', status, match: { method: 'PUT' } }])
    t.equal((await ask(CLIENT, { method: 'PUT', body: '{}' })).status, status)
    t.notOk(isHit(await ask(CLIENT)))
  }
})

t.test('a write to a path that nobody knows drops everything', async (t) => {
  const { ask } = await buildTestProxy(t)
  for (const [method, path] of [
    ['POST', '/nosuchthing/'],
    ['PUT', '/client/100001/rename/'],
    ['POST', '/'],
    ['PATCH', '/Client/1'],
    ['LOCK', '/x'],
  ] as const) {
    for (const read of ['/worktype/', '/client/']) await ask(read)
    await ask(path, { method, body: '{}' })
    for (const read of ['/worktype/', '/client/'])
      t.notOk(isHit(await ask(read)), `${path} ${read}`)
  }
})

t.test('deleting a person drops everything of the account', async (t) => {
  const { ask } = await buildTestProxy(t)
  const { text } = await ask('/person/?limit=1&offset=8')
  await ask('/worktype/')
  const id = /"id":"(\d+)"/.exec(text)?.[1]
  t.equal((await ask(`/person/${id}/`, { method: 'DELETE' })).status, 200)
  t.notOk(isHit(await ask('/worktype/')))
})

t.test('a read queued before the write and sent after it is new, and kept', async (t) => {
  const proxy = await buildTestProxy(t, {
    settings: { limits: { minute: { max: 2, window: '1s' } } },
  })
  await Promise.all([proxy.ask('/project/'), proxy.ask('/worktype/')])
  const read = proxy.ask(CLIENT)
  const write = proxy.ask(CLIENT, { method: 'PUT', body: '{"name":"New name"}' })
  t.equal((await write).status, 202)
  await read
  t.match((await proxy.ask(CLIENT)).text, 'New name')
})

t.test('a safe method other than GET is forwarded, and invalidates nothing', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  await ask('/client/')
  for (const method of ['OPTIONS', 'PROPFIND']) {
    for (const path of ['/client/', '/', '/not-known/']) {
      const { headers } = await ask(path, { method })
      t.match(headers['cache-status'], /^intervals-proxy; fwd=bypass;/, `${method} ${path}`)
      t.match((await ask('/client/')).headers['cache-status'], /; hit;/, `${method} ${path}`)
    }
  }
  t.equal(sim.arrivals.length, 7)
})
