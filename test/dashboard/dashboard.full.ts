/** The dashboard as people use it: Debian's chromium, real sockets, the simulator behind. */
import { join } from 'node:path'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import t from 'tap'
import type { Test } from 'tap'
import type { Status } from '../../src/report/status-report.js'
import type { OpenFile } from '../../src/server/ports/open-file.js'
import { createMemoryHistory } from '../../src/dashboard/history/history-journal.js'
import { readAssets } from '../../src/dashboard/assets.js'
import { buildTestProxy } from '../server/build.js'
import type { TestProxyOptions } from '../server/build.js'
import { until } from '../server/client.js'
import { CHROMIUM, chromiumArguments, isThere } from './browser.js'
import { watchTicks } from './hello.js'

const missing = !isThere()
  ? { skip: 'needs chromium: apt-get install chromium' }
  : readAssets().size === 0
    ? { skip: 'needs the page: npm run build' }
    : {}

/** Of a page that is loaded on a busy machine, milliseconds. */
const PATIENCE_MS = 30_000

let browser: Browser | undefined
t.teardown(() => browser?.close())

async function openPage(
  t: Test,
  options: TestProxyOptions & {
    readonly browser?: BrowserContextOptions
    readonly path?: string
  } = {},
) {
  const proxy = await buildTestProxy(t, options)
  browser ??= await chromium.launch({ executablePath: CHROMIUM, args: chromiumArguments })
  const context = await browser.newContext(options.browser ?? {})
  t.teardown(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  const complaints: string[] = []
  const hosts = new Set<string>()
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => hosts.add(new URL(request.url()).host))
  return {
    proxy,
    page,
    complaints,
    hosts,
    go: async () => {
      await page.goto(`http://127.0.0.1:${proxy.port}/-/`)
      await page.waitForSelector('#main:not([hidden])')
    },
    status: async () => JSON.parse((await proxy.ask('/-/status', { token: null })).text) as Status,
  }
}

const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.textContent(selector)) ?? ''

/** The value that stands with a name. */
const figure = (page: Page, name: string): Promise<string | null> =>
  page.locator('.figures div', { hasText: name }).first().locator('dd').textContent()

const plain = (text: string | null): number => Number((text ?? '').replaceAll(',', ''))

const LIMITS = { minute: { max: 100 }, day: { max: 6_000 } }

t.test('the figures are those of /-/status; no error, no other host', missing, async (t) => {
  const { proxy, page, go, status, complaints, hosts } = await openPage(t, {
    settings: { limits: LIMITS },
  })
  for (const path of ['/client/', '/project/', '/client/', '/person/', '/nothing/']) {
    await proxy.ask(path, { headers: { 'intervals-proxy-consumer': 'alice' } })
  }
  await go()
  await page.waitForSelector('.requests tbody tr')
  const { budgets, consumers } = await status()
  const [day] = budgets.day
  t.equal(plain(await figure(page, 'calls left')), 6_000 - (day?.used ?? 0))
  t.match(await figure(page, 'used'), String(day?.used))
  t.equal(plain(await figure(page, 'of 100 free')), budgets.minute.ceiling - budgets.minute.used)
  t.equal(await page.locator('#slots .slot').count(), 100)
  t.equal(
    await page.locator('#slots .cooling').count(),
    budgets.minute.used - budgets.minute.inFlight,
  )
  const [alice] = consumers
  const row = page.locator('#consumers tbody tr', { hasText: 'alice' })
  t.equal(plain(await row.locator('td').first().textContent()), alice?.spentToday)
  t.equal(await page.locator('.requests tbody tr').count(), 5)
  t.match(await textOf(page, '#verdict-title'), 'The day lasts')
  t.match(await textOf(page, '#ways tr[data-way=hit]'), /hit1/)
  t.strictSame(complaints, [])
  t.strictSame([...hosts], [`127.0.0.1:${proxy.port}`])
})

t.test('what happens is on the page with the next tick', missing, async (t) => {
  const { proxy, page, go, complaints } = await openPage(t)
  await go()
  t.match(await textOf(page, '#requests-empty'), 'Point a program at')
  const ticks = await watchTicks(t, proxy.port)
  await proxy.ask('/client/')
  const before = ticks.length
  await page.waitForSelector('.requests tbody tr')
  await until(() => ticks.some(({ requests }) => requests.length > 0), 'the tick that tells of it')
  const at = ticks.findIndex(({ requests }) => requests.length > 0)
  t.ok(at <= before + 1, `the request was in tick ${at}, ${before} came before it ended`)
  await page.click('.requests .what button')
  t.match(await textOf(page, '.details'), /fwd=uri-miss/)
  await page.fill('#search', 'nothing like that')
  t.equal(await page.locator('.requests tbody tr').count(), 0)
  await page.fill('#search', 'uri-miss client')
  t.ok((await page.locator('.requests tbody tr').count()) > 0)
  t.strictSame(complaints, [])
})

t.test('purge, pause and resume, by the keyboard alone', missing, async (t) => {
  const { proxy, page, go, status, complaints } = await openPage(t)
  await proxy.ask('/client/')
  await go()
  await proxy.untilStatus(({ cache }) => cache.entries === 1, 'a stored answer')
  const press = (key: string): Promise<void> => page.keyboard.press(key)
  const focused = (): Promise<string> => page.evaluate('document.activeElement?.id ?? ""')
  const tabTo = async (id: string): Promise<void> => {
    for (let tabs = 0; tabs < 60 && (await focused()) !== id; tabs++) await press('Tab')
    t.equal(await focused(), id, `the focus comes to ${id}`)
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
    t.not(outline, 'none', `and can be seen on ${id}`)
  }

  await tabTo('purge-open')
  await press('Enter')
  await press('ArrowDown')
  await press('ArrowDown')
  t.ok(await page.isChecked('#purge [value=all]'))
  await tabTo('purge-soft')
  await press('Space')
  await press('Tab')
  await press('Tab')
  await press('Enter')
  await page.waitForSelector('#purge:not([open])', { state: 'attached' })
  t.equal((await proxy.status()).cache.entries, 0)
  t.equal(await focused(), 'purge-open', 'the focus is where it was')
  await page.waitForSelector('#events li:has-text("purged by hand: everything")')

  await press('Tab')
  await press('Enter')
  await press('Escape')
  t.strictSame((await status()).pauses, [], 'who turns back has paused nothing')
  await tabTo('pause-open')
  await press('Enter')
  await press('Tab')
  await page.keyboard.type('audit')
  await press('Enter')
  await page.waitForSelector('#verdict[data-level=bad]')
  t.match(await status(), { pauses: [{ scope: 'window', detail: 'audit' }] })
  t.match(await textOf(page, '#verdict'), 'until an operator resumes')
  await tabTo('resume-open')
  await press('Enter')
  await press('Tab')
  await press('Tab')
  await press('Enter')
  await page.waitForSelector('#verdict[data-level=good]')
  t.strictSame((await status()).pauses, [])
  t.strictSame(complaints, [])
})

t.test('360 px wide there is nothing to scroll sideways', missing, async (t) => {
  const { proxy, page, go } = await openPage(t, {
    browser: { viewport: { width: 360, height: 740 } },
  })
  const consumer = 'a-consumer-with-a-name-that-is-longer-than-the-screen-is-wide/1'
  for (const path of ['/client/', '/task/?limit=50', `/nothing/${'x'.repeat(300)}`]) {
    await proxy.ask(path, { headers: { 'intervals-proxy-consumer': consumer } })
  }
  await go()
  await page.waitForSelector('.requests tbody tr')
  await page.click('.requests .what button')
  const wide = await page.evaluate(`[...document.querySelectorAll('body, main, .card')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.id || one.className)`)
  t.strictSame(wide, [])
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
})

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

for (const colorScheme of ['light', 'dark'] as const) {
  t.test(`axe finds nothing serious, ${colorScheme}`, missing, async (t) => {
    const { proxy, page, go } = await openPage(t, { browser: { colorScheme, bypassCSP: true } })
    for (const path of ['/client/', '/client/', '/task/?limit=50', '/nothing/'])
      await proxy.ask(path)
    await proxy.pause({ detail: 'for an event' })
    await proxy.resume()
    await go()
    await page.waitForSelector('.requests tbody tr')
    t.equal(await page.getAttribute('html', 'data-theme'), colorScheme)
    await page.click('.requests .what button')
    for (const summary of await page.locator('summary').all()) await summary.click()
    await page.evaluate(AXE)
    const serious = async (): Promise<unknown[]> =>
      page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: {
            run(): Promise<{
              violations: { id: string; impact: string; nodes: { html: string }[] }[]
            }>
          }
        }
        const { violations } = await axe.run()
        return violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 160))])
      })
    t.strictSame(await serious(), [])
    await page.click('#purge-open')
    t.strictSame(await serious(), [], 'with a dialog open')
  })
}

t.test('the theme can be chosen, and stays', missing, async (t) => {
  const { page, go } = await openPage(t, { browser: { colorScheme: 'light' } })
  await go()
  await page.selectOption('#theme', 'dark')
  const background = (): Promise<string> =>
    page.evaluate('getComputedStyle(document.body).backgroundColor')
  const dark = await background()
  await go()
  t.equal(await background(), dark)
  await page.selectOption('#theme', 'auto')
  t.not(await background(), dark)
})

t.test(
  'with an admin token the page asks for it, and does not keep a wrong one',
  missing,
  async (t) => {
    const { proxy, page, complaints } = await openPage(t, {
      settings: { server: { adminToken: 'geheim' } },
    })
    await proxy.ask('/client/')
    await page.goto(`http://127.0.0.1:${proxy.port}/-/`)
    await page.waitForSelector('#login:not([hidden])')
    await page.keyboard.type('falsch')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#login-why:has-text("not the token")')
    t.notOk(await page.isVisible('#main'))
    await page.keyboard.type('geheim')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.requests tbody tr')
    t.equal(await page.evaluate('localStorage.length'), 0, 'nothing outlives the tab')
    t.notMatch(page.url(), 'geheim')
    const others = complaints.filter((text) => !text.includes('401'))
    t.strictSame(others, [], 'none but that it was refused')
  },
)

t.test('the page comes back by itself when its connection ends', missing, async (t) => {
  const { proxy, page, go } = await openPage(t)
  await proxy.ask('/client/')
  await go()
  await page.waitForSelector('#connection[data-state=live]')
  proxy.app.server.closeAllConnections()
  await page.waitForSelector('#connection[data-state=lost], #connection[data-state=connecting]')
  await page.waitForSelector('#connection[data-state=live]')
  await proxy.ask('/project/')
  await page.waitForSelector('.requests tbody tr:has-text("/project/")')
  t.equal(await page.locator('.requests tbody tr').count(), 2)
})

t.test('a restart goes on with its history', missing, async (t) => {
  const history = createMemoryHistory()
  const dir = t.testdir({})
  const openFile = ((file: string) =>
    file === 'history.mdb' ? history : join(dir, file)) as unknown as OpenFile
  const before = await buildTestProxy(t, { deps: { openFile } })
  for (let round = 0; round < 3; round++) await before.ask('/client/')
  await before.app.close()
  const { page, go } = await openPage(t, { deps: { openFile } })
  await go()
  await page.waitForSelector('#ways tr[data-way=hit]:has-text("2")')
  t.match(await textOf(page, '#traffic-sum'), /^3 requests, 2 \(67 %\)/)
  t.equal(await page.locator('.requests tbody tr').count(), 0, 'single requests are not kept')
})
