/**
 * Nothing of OpenTelemetry is in the process unless somebody wants traces; but for its empty API, which
 * prom-client asks for the trace of an exemplar.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { inProject } from '../../project.js'

const DIST = inProject('dist/')
/** Starts the proxy's parts as serve does, and says which modules were loaded by it. */
const PROGRAM = `
const { openTracing } = await import('${new URL('observability/tracing/open-tracing.js', DIST).href}')
await import('${new URL('server/serve.js', DIST).href}')
const tracing = await openTracing(process.env)
const { createRequire } = await import('node:module')
const loaded = Object.keys(createRequire(import.meta.url).cache)
console.log(loaded.filter((path) => /[/]@opentelemetry[/](?!api[/])/.test(path) || path.includes('/@fastify/otel/')).length, loaded.length)
await tracing?.close()
`

async function loadedWith(t: Test, env: Readonly<Record<string, string>>) {
  const args = ['--input-type=module', '--eval', PROGRAM]
  const cwd = fileURLToPath(inProject('.'))
  const child = spawn(process.execPath, args, { env, cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  const code = await new Promise((resolve) => child.once('close', resolve))
  t.equal(code, 0)
  const [otel = Number.NaN, all = 0] = out.trim().split(' ').map(Number)
  t.ok(all > 100, `${all} modules in all`)
  return otel
}

t.test('no module of it without the variable, many with it', async (t) => {
  t.equal(await loadedWith(t, {}), 0)
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }
  t.equal(await loadedWith(t, { ...endpoint, OTEL_SDK_DISABLED: 'true' }), 0)
  t.ok((await loadedWith(t, endpoint)) > 10)
})
