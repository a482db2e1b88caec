import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { inProject } from '../project.js'

const MAIN = fileURLToPath(inProject('dist/demo/main.js'))

async function demo(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'pipe', env: {} })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code, out, err }))
  })
}

t.test('npm run demo -- --once ends by itself, and its figures add up', async (t) => {
  const { code, out, err } = await demo('--once')
  t.equal(err, '')
  t.equal(code, 0, out)
  const figure = (name: string): number => {
    const found = new RegExp(`^ *${name} +(\\d+)`, 'mu').exec(out)?.[1]
    t.ok(found, `prints "${name}"`)
    return Number(found)
  }

  const asked = figure('asked by the consumers')
  const hits = figure('answered from the cache')
  const joined = figure("joined somebody else's call")
  const sent = figure('sent to Intervals')
  const refused = figure('refused by the proxy')
  t.equal(hits + joined + sent + refused, asked, 'every request had one of four fates')

  const arrived = figure('arrived at Intervals')
  const own = Number(/ (\d+) of the proxy's own$/mu.exec(out)?.[1])
  t.equal(arrived, sent + own, "Intervals' own journal has what was sent and nothing else")
  t.equal(figure('refused by Intervals'), 0)

  const limit = Number(/the limit is (\d+)$/mu.exec(out)?.[1])
  const most = figure('most arrivals in any 3 s')
  t.ok(most <= limit, `${most} of ${limit}`)
  t.ok(most > limit / 2, 'the burst was one')

  const saved = figure('calls saved, per cent')
  t.equal(saved, Math.round((100 * (hits + joined)) / (hits + joined + sent)))
  t.ok(sent < asked / 2, 'the cache answers most')
  t.notOk(
    out.split('\n').find((line) => line.length > 120),
    'no line is too long for a terminal',
  )
  t.match(out, /the new title is in the list of tasks: yes/u)
  t.match(out, /(\d+) of \1 answered with 200/u, 'all of the burst came through')
})

t.test('anything but --once is wrong usage', async (t) => {
  const { code, err } = await demo('--twice')
  t.equal(code, 2)
  t.match(err, /usage: npm run demo/u)
})
