import t from 'tap'
import { buildTestProxy, type TestProxy } from '../server/build.js'
import { fakeTerminal, runInProcess, startProgram } from './in-process.js'
import { startStandIn } from './stand-in.js'

const LIMITS = { minute: { max: 4, window: '60s' }, day: { max: 300 } } as const

const url = ({ port }: TestProxy): string => `http://127.0.0.1:${port}`

const lineOf = (name: string, text: string): string =>
  text.split('\n').find((line) => line.startsWith(name)) ?? ''

t.test('budgets, queue, what was saved, and who spent it', async (t) => {
  const proxy = await buildTestProxy(t, { settings: { limits: LIMITS } })
  const named = { headers: { 'intervals-proxy-consumer': 'report' } }
  for (const path of ['/client/', '/client/', '/project/']) await proxy.ask(path, named)
  const { code, out, err } = await runInProcess(['status', '--url', url(proxy)])
  t.equal(err, '')
  t.equal(code, out.includes('! The day will not last') ? 3 : 0)
  t.match(out, /^intervals-proxy 0\.0\.0-test at http:\S+, up .*\d\d:\d\d:\d\d UTC$/mu)
  t.match(out, /^! The day will not last|^✓ The day lasts/mu)
  t.match(lineOf('Day', out), /█░+ +2 of 300 +<1 % +\d+ an hour/u)
  t.match(lineOf('Minute', out), /█{12}░{12} +2 of 4 +50 %$/u)
  t.match(lineOf('Queue', out), 'empty (room for 1,000)')
  t.match(lineOf('Today', out), '3 requests, 1 (33 %) without a call of their own; 2 calls')
  t.match(out, /^ +hit 1, fetched 2$/mu)
  t.match(lineOf('Cache', out), /2 answers, .* of 256\.0 MiB; 0 calls/u)
  t.match(out, /^Consumer +Calls today.*\nreport +2 +- +- +-/mu)
  t.notMatch(out, '\u001b', 'no colours where nobody looks')
  t.equal(lineOf('Pause', out), '')
})

t.test('a pause and a full minute say when they end', async (t) => {
  const proxy = await buildTestProxy(t, { settings: { limits: { ...LIMITS, minute: { max: 1 } } } })
  await proxy.ask('/client/')
  const full = await runInProcess(['status', '--url', url(proxy)])
  t.match(lineOf('Minute', full.out), /█{24} +1 of 1 +100 % +next free in \d+ s/u)
  t.equal((await runInProcess(['pause', '--url', url(proxy)])).code, 0)
  const { code, out } = await runInProcess(['status', '--url', url(proxy)])
  t.equal(code, 4)
  t.match(lineOf('Pause', out), 'everything, until "intervals-proxy resume": by-hand')
  t.match(out, '✕ Everything is paused until an operator resumes it')
})

t.test('only so many consumers are listed at once', async (t) => {
  const proxy = await buildTestProxy(t)
  for (let i = 0; i < 13; i++) {
    await proxy.ask('/timer/', { headers: { 'intervals-proxy-consumer': `app-${i}` } })
  }
  const { out } = await runInProcess(['status', '--url', url(proxy)])
  t.equal(out.split('\n').filter((line) => line.startsWith('app-')).length, 10)
  t.match(out, 'and 3 more: see --json')
})

t.test('on a terminal it goes on until a key ends it', async (t) => {
  const proxy = await buildTestProxy(t)
  const screen = fakeTerminal()
  const { out, ended } = startProgram(['status', '--url', url(proxy)], screen)
  await screen.shows(/0 requests/u)
  await proxy.ask('/client/')
  screen.press(' ')
  await screen.shows(/1 requests/u)
  await proxy.ask('/project/')
  await screen.shows(/2 requests/u)
  t.pass('and by itself')

  screen.resize({ columns: 40, rows: 6 })
  const [small] = screen.frames.slice(-1)
  t.equal(small?.split('\n').length, 6)
  t.match(small, 'q quits')
  screen.press('\u001b[A')
  screen.press('x')
  t.equal(screen.seen.closed, 0, 'other keys do nothing')
  screen.press('q')
  t.equal(await ended, 0)
  t.strictSame(screen.seen, { opened: 1, closed: 1 })
  t.strictSame(out, [], 'nothing but the screen')
})

for (const [name, key] of [
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
  ['Escape', '\u001b'],
] as const) {
  t.test(`${name} ends it too`, async (t) => {
    const { url } = await startStandIn(t, () => ({ body: { version: '9' } }))
    const screen = fakeTerminal()
    const { ended } = startProgram(['status', '--url', url], screen)
    await screen.shows(/version +9/u)
    screen.press(key)
    t.equal(await ended, 0)
    t.equal(screen.seen.closed, 1)
  })
}

t.test('a signal ends it, also while the proxy does not answer', async (t) => {
  let stop = () => {}
  const stopSignal = async () => new Promise<void>((resolve) => (stop = resolve))
  let isSilent = false
  const { url } = await startStandIn(t, (_path, request) => {
    if (isSilent) request.socket.pause()
    return { body: { version: isSilent ? 'late' : 'first' } }
  })
  const screen = fakeTerminal()
  const { ended } = startProgram(['status', '--url', url], { ...screen, stopSignal })
  await screen.shows(/first/u)
  isSilent = true
  screen.press(' ')
  stop()
  t.equal(await ended, 0)
  t.equal(screen.seen.closed, 1)
})

t.test(
  'when the proxy goes away the last figures stay, with their age and what to do',
  async (t) => {
    const proxy = await buildTestProxy(t)
    const screen = fakeTerminal({ hasColours: true })
    const { ended } = startProgram(['status', '--url', url(proxy)], screen)
    await screen.shows(/q quits/u)
    t.match(screen.frames.at(-1), '\u001b[1mintervals-proxy')
    await proxy.app.close()
    screen.press(' ')
    await screen.shows(/✕ as it was \d+ s ago: nothing answers at/u)
    t.match(screen.frames.at(-1), '0 requests')
    screen.press('q')
    t.equal(await ended, 0)
  },
)

t.test('--once and --json print once, on a terminal too', async (t) => {
  const proxy = await buildTestProxy(t)
  const screen = fakeTerminal({ hasColours: true })
  const once = await runInProcess(['status', '--once', '--url', url(proxy)], screen)
  t.match(once.out, '\u001b[1mintervals-proxy')
  const json = await runInProcess(['status', '--json', '--url', url(proxy)], screen)
  t.match(JSON.parse(json.out), { today: { requests: 0 } })
  t.equal(screen.seen.opened, 0)
})

t.test('what cannot be asked at all is said on a line, not on a screen', async (t) => {
  const screen = fakeTerminal()
  const { code, err } = await runInProcess(['status', '--url', 'http://127.0.0.1:1'], screen)
  t.equal(code, 1)
  t.match(err, 'nothing answers at http://127.0.0.1:1: is the proxy running?')
  const { url } = await startStandIn(t, () => ({ status: 401, body: {} }))
  t.match(await runInProcess(['status', '--url', url], screen), {
    code: 1,
    err: /wants its admin token: give it with --admin-token or INTERVALS_PROXY_ADMIN_TOKEN/,
  })
  t.equal(screen.seen.opened, 0)
})
