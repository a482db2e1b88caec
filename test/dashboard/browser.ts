/** Debian's chromium, as the tests and the pictures drive it. It speaks to nobody by itself. */
import { existsSync } from 'node:fs'

export const CHROMIUM = '/usr/bin/chromium'

export const chromiumArguments = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const isThere = (): boolean => existsSync(CHROMIUM)
