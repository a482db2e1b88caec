/** Names in the documentation and in the container files are names that exist. */
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { SETTINGS } from '../../src/config/settings.js'
import { PAGES } from './example.js'
import { readPage } from './page.js'
import { inProject } from '../project.js'

/** config/README.md shows mistakes, to explain what is said of them. */
const pages = PAGES.filter((page) => page !== 'config/README.md')
const containers = ['docker/Dockerfile', 'docker/compose.yaml', 'docker/gateway.compose.yaml']
const services = ['docker/healthcheck.js', 'config/intervals-proxy.service']
const variables = new Set([
  'INTERVALS_PROXY_CONFIG',
  ...SETTINGS.flatMap(({ keyword }) => keyword.variable ?? []),
])

t.test('environment variables', async (t) => {
  for (const page of [...pages, ...containers, ...services]) {
    const unknown = [...readPage(page).matchAll(/INTERVALS_PROXY_[A-Z_]+/gu)]
      .map(([name]) => name)
      .filter((name) => !variables.has(name))
    t.strictSame(unknown, [], page)
  }
})

t.test('settings in backticks', async (t) => {
  const keys = new Set(SETTINGS.map(({ key }) => key))
  for (const page of pages) {
    const named = [
      ...readPage(page).matchAll(/`((?:server|upstream|store|limits|cache)\.[\w.]+)/gu),
    ]
    const unknown = named
      .map(([, key = '']) => key.replace(/^cache\.resources\.\w+\./u, 'cache.resources.NAME.'))
      .filter((key) => !keys.has(key))
    t.strictSame(unknown, [], page)
  }
})

t.test('npm scripts', async (t) => {
  const { scripts } = JSON.parse(readPage('package.json')) as { scripts: Record<string, string> }
  const known = new Set([...Object.keys(scripts), 'ci', 'install', 'pack', 'uninstall'])
  for (const page of pages) {
    const unknown = [...readPage(page).matchAll(/npm (?:run )?([a-z:]+)/gu)]
      .map(([, name = '']) => name)
      .filter((name) => !known.has(name))
    t.strictSame(unknown, [], page)
  }
})

t.test('links between pages, to files and to headings', async (t) => {
  for (const page of PAGES) {
    const base = inProject(page)
    for (const [, link = ''] of readPage(page).matchAll(/\]\(([^()\s]+)\)/gu)) {
      if (/^[a-z]+:/u.test(link)) continue
      const target = new URL(link, base)
      t.ok(existsSync(target.pathname === base.pathname ? base : target), `${page}: ${link}`)
      if (target.hash !== '' && target.pathname.endsWith('.md')) {
        t.ok(headingsOf(target).includes(target.hash.slice(1)), `${page}: ${link}`)
      }
    }
  }
})

t.test('every page in docs is in its index', async (t) => {
  const index = readPage('docs/README.md')
  const missing = PAGES.filter((page) => /^docs\/[\w-]+\.md$/u.test(page))
    .map((page) => page.replace('docs/', ''))
    .filter((name) => name !== 'README.md' && !index.includes(`](${name})`))
  t.strictSame(missing, [])
})

t.test('the README is two screens', async (t) => {
  t.ok(readPage('README.md').split('\n').length <= 110)
})

/** As the usual renderers name them. */
const headingsOf = (page: URL): string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gmu)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w\- ]/gu, '')
      .replaceAll(' ', '-'),
  )

interface Compose {
  readonly services: Record<string, { ports?: string[]; read_only?: boolean; tmpfs?: string[] }>
  readonly volumes: Record<string, unknown>
}

t.test('the sidecar is not published, the gateway on loopback only', async (t) => {
  const read = (name: string) => parse(readPage(`docker/${name}`)) as Compose
  const sidecar = read('compose.yaml')
  t.equal(sidecar.services['proxy']?.ports, undefined)
  t.ok(sidecar.services['app'])
  const gateway = read('gateway.compose.yaml')
  t.strictSame(gateway.services['proxy']?.ports, ['127.0.0.1:8080:8080'])
  for (const { services } of [sidecar, gateway]) t.equal(services['proxy']?.read_only, true)
})
