/**
 * Pictures of the dashboard for the documentation: simulator, proxy and traffic on free ports of this
 * machine, an afternoon of history made up before, Debian's chromium. `npm run screenshots`
 */

import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { CHROMIUM, chromiumArguments, isThere } from '../test/dashboard/browser.js'
import { openScene } from '../test/dashboard/scene.js'

const OUT = new URL('../docs/images/', import.meta.url).pathname

const PICTURES = [
  { name: 'light', colorScheme: 'light', width: 1320, height: 1900 },
  { name: 'dark', colorScheme: 'dark', width: 1320, height: 1900 },
  { name: '360', colorScheme: 'light', width: 360, height: 1500 },
] as const

if (!isThere()) {
  console.error('needs chromium: apt-get install chromium')
  process.exit(1)
}
mkdirSync(OUT, { recursive: true })
const scene = await openScene()
const browser = await chromium.launch({ executablePath: CHROMIUM, args: chromiumArguments })
try {
  await scene.traffic()
  for (const { name, colorScheme, width, height } of PICTURES) {
    const page = await browser.newPage({ colorScheme, viewport: { width, height } })
    await page.goto(`${scene.url}/-/`)
    await page.waitForSelector('.requests tbody tr')
    await page.waitForTimeout(2_500)
    await page.screenshot({ path: `${OUT}dashboard-${name}.png` })
    await page.close()
    console.log(`docs/images/dashboard-${name}.png`)
  }
} finally {
  await browser.close()
  await scene.close()
}
