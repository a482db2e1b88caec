import t from 'tap'
import { buildTestProxy } from './build.js'
import { problemOf, type Ask } from './client.js'

const post = (body: object): Ask => ({
  method: 'POST',
  token: null,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
})

t.test(
  'pause holds what goes out, hits go on, resume ends it; each act leaves a line',
  async (t) => {
    const { ask, sim, lines } = await buildTestProxy(t)
    await ask('/client/')
    t.match(await ask('/-/pause', post({ detail: 'works' })), {
      status: 200,
      text: '{"paused":["window"]}',
    })
    t.match((await ask('/client/')).headers['cache-status'], /; hit/)
    const held = await ask('/project/')
    t.equal(held.status, 503)
    t.equal(problemOf(held).error.reason, 'PAUSED')
    t.match(JSON.parse((await ask('/-/status', { token: null })).text), {
      pauses: [{ scope: 'window', reason: 'by-hand', untilResumed: true, detail: 'works' }],
    })
    t.match(await ask('/-/resume', post({})), { status: 200, text: '{"resumed":["window"]}' })
    t.equal((await ask('/project/')).status, 200)
    await ask('/-/purge', post({ resource: 'client' }))
    const calls = sim.arrivals.filter(({ target }) => !target.startsWith('/quota/'))
    t.equal(calls.length, 2)
    const acts = lines.filter((line) => 'audit' in line)
    t.match(acts, [
      { audit: 'pause', by: '127.0.0.1', scope: 'window', detail: 'works' },
      { audit: 'resume', by: '127.0.0.1', resumed: ['window'] },
      { audit: 'purge', by: '127.0.0.1', resource: 'client', purged: 1 },
    ])
    t.equal(acts.length, 3)
  },
)

t.test('what is not there cannot be paused, resumed or purged', async (t) => {
  const { ask } = await buildTestProxy(t)
  for (const [path, body] of [
    ['/-/pause', { scope: 'windows' }],
    ['/-/pause', { scope: 'account:nobody' }],
    ['/-/pause', { scop: 'window' }],
    ['/-/resume', { scope: 'account:nobody' }],
    ['/-/purge', { account: 'nobody' }],
  ] as const) {
    const answer = await ask(path, post(body))
    t.equal(answer.status, 400, `${path} ${JSON.stringify(body)}`)
    t.match(
      problemOf(answer).error.message,
      /window, account:default|there is default|does not know/,
    )
  }
})
