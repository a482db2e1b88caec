/** Names in the documentation and in the container files are names that exist. */
import { readdirSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { SETTINGS } from '../../src/server/config/settings.js'
import { readPage } from './page.js'
import { inProject } from '../project.js'

const decisions = readdirSync(inProject('docs/decisions/'))
const pages = [
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'docs/dashboard.md',
  'docs/http-profile.md',
  'docs/resources.md',
  ...decisions.map((name) => `docs/decisions/${name}`),
]
const containers = ['docker/Dockerfile', 'docker/compose.yaml', 'docker/gateway.compose.yaml']
const variables = new Set([
  'INTERVALS_PROXY_CONFIG',
  ...SETTINGS.flatMap(({ keyword }) => keyword.variable ?? []),
])

t.test('environment variables', async (t) => {
  for (const page of [...pages, ...containers, 'docker/healthcheck.js']) {
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
  const known = new Set([...Object.keys(scripts), 'ci', 'install'])
  for (const page of pages) {
    const unknown = [...readPage(page).matchAll(/npm (?:run )?([a-z:]+)/gu)]
      .map(([, name = '']) => name)
      .filter((name) => !known.has(name))
    t.strictSame(unknown, [], page)
  }
})

t.test('links to files', async (t) => {
  for (const page of pages) {
    const base = inProject(page)
    for (const [, link = ''] of readPage(page).matchAll(/\]\(([^)#:]+)\)/gu)) {
      t.doesNotThrow(() => readPage(new URL(link, base).pathname.replace(rootPath, '')), link)
    }
  }
})

const rootPath = inProject('').pathname

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
