import t from 'tap'
import { buildTestProxy } from './build.js'
import { until } from './client.js'

t.test(
  'after one refusal 50 cold reads cost nothing, and are answered when the pause is over',
  async (t) => {
    const windowMs = 5_000
    const proxy = await buildTestProxy(t, {
      settings: { limits: { minute: { max: 100, window: `${windowMs}ms` } } },
    })
    proxy.sim.setFaults([{ kind: 'status', status: 400, apiCode: 12, times: 1 }])
    const first = proxy.ask('/client/?limit=1')
    await until(() => proxy.targets().length === 1, 'the refusal')
    await proxy.untilStatus(({ pauses }) => pauses.length === 1, 'the pause')
    const pausedAtMs = performance.now()

    const impatient = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        proxy.ask(`/project/?limit=1&offset=${at}`, { headers: { prefer: 'wait=1' } }),
      ),
    )
    t.ok(
      impatient.every(
        ({ status, headers }) => status === 503 && Number(headers['retry-after']) >= 1,
      ),
      'who cannot wait that long is told so at once',
    )
    const patient = Array.from({ length: 50 }, (_, at) => proxy.ask(`/task/?limit=1&offset=${at}`))
    await proxy.untilStatus(({ queue }) => queue.waiting.interactive >= 50, '50 in line')
    t.equal(proxy.targets().length, 1, 'nothing was sent meanwhile')

    const answers = await Promise.all(patient)
    t.ok(
      answers.every(({ status }) => status === 200),
      'all of the patient were answered',
    )
    t.equal(
      (await first).status,
      200,
      'and so was the request that was refused: it was not carried out',
    )
    const second = proxy.sim.arrivals.filter(({ target }) => target !== '/quota/')[1]
    t.ok(
      second !== undefined && second.atMs - pausedAtMs >= windowMs - 50,
      'not before the pause was over',
    )
    t.equal(proxy.targets().length, 52, 'each once, the refused one twice')
    t.equal((await proxy.status()).pauses.length, 0, 'one accepted request ended the pause')
    const lines = proxy.lines.filter(({ msg }) => String(msg).startsWith('paused until'))
    t.equal(lines.length, 1, 'one line says so')
  },
)
