/** What `npm pack` would put into the package: all that is needed to run, and nothing else. */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { inProject } from '../project.js'

const ROOT = fileURLToPath(inProject(''))

const ALLOWED = [
  /^package\.json$/u,
  /^(?:README|CHANGELOG|CONTRIBUTING|SECURITY)\.md$/u,
  // The README and messages point to them.
  /^docs\/(?:decisions\/)?[\w-]+\.md$/u,
  /^docs\/images\/[\w-]+\.(?:png|svg)$/u,
  /^LICENSE$/u,
  /^config\/(?:README\.md|schema\.json|openapi\.json|intervals-proxy\.(?:example\.yaml|service))$/u,
  // For Prometheus and Grafana.
  /^config\/(?:grafana-dashboard\.json|alerts\.yml)$/u,
  /^dist\/(?!demo\/)[\w./-]+\.(?:js|html|css|svg|ico|woff2)$/u,
]

interface Packed {
  readonly files: readonly { readonly path: string }[]
}

async function packed(): Promise<readonly string[]> {
  // Without scripts: they would build anew, in the middle of other tests.
  const { stdout } = await promisify(execFile)(
    'npm',
    ['pack', '--dry-run', '--json', '--ignore-scripts'],
    { cwd: ROOT, maxBuffer: 16 * 1_024 * 1_024, shell: process.platform === 'win32' },
  )
  const [{ files } = { files: [] }] = JSON.parse(stdout) as readonly Packed[]
  return files.map(({ path }) => path)
}

t.test('the package', async (t) => {
  const files = await packed()
  await t.test('holds nothing that is not needed', async (t) => {
    t.strictSame(
      files.filter((path) => !ALLOWED.some((pattern) => pattern.test(path))),
      [],
    )
    // A file of a source that was removed stays in dist until somebody deletes it; "npm pack" does.
    const stale = files.filter(
      (path) => /^dist\/.*\.js$/u.test(path) && !existsSync(`${ROOT}${sourceOf(path)}`),
    )
    if (stale.length > 0) t.comment(`stale in dist: ${stale.join(' ')}`)
  })
  await t.test('holds every compiled source but the demo', async (t) => {
    const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' })
    const needed = sources
      .filter((name) => /(?<!\.d)\.ts$/u.test(name) && !name.startsWith('demo'))
      .map((name) => `dist/${name.replace(/\.ts$/u, '.js')}`)
    t.strictSame(
      needed.filter((path) => !files.includes(path)),
      [],
    )
  })
  await t.test('holds what its commands and its pages point to', async (t) => {
    for (const path of [
      'dist/main.js',
      'config/schema.json',
      'LICENSE',
      'README.md',
      'docs/README.md',
    ]) {
      t.ok(files.includes(path), path)
    }
  })
})

const sourceOf = (path: string): string => path.replace(/^dist\//u, 'src/').replace(/\.js$/u, '.ts')
