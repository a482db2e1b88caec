/**
 * The public suite http-cache-tests in a process of its own, since it keeps its state in modules and
 * writes to stdout: its origin on a free port, and its client. Told by messages what to run.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Handler = (segments: string[], request: IncomingMessage, response: ServerResponse) => void

export interface SuiteTest {
  readonly id: string
  readonly name: string
  readonly kind?: 'required' | 'optimal' | 'check'
  readonly browser_only?: boolean
}

interface Suite {
  readonly id: string
  tests: readonly SuiteTest[]
}

/** True: passed; else the kind of failure and what it says. */
export type SuiteResult = true | readonly [kind: string, message: string]

export type ToSuite = { readonly baseUrl: string; readonly ids: readonly string[] | undefined }
export type FromSuite =
  | { readonly kind: 'listening'; readonly port: number }
  | {
      readonly kind: 'done'
      readonly tests: readonly SuiteTest[]
      readonly results: Readonly<Record<string, SuiteResult>>
    }

/** Neither the suite nor its client has types, so they are loaded by name. */
async function load<T>(name: string): Promise<T> {
  return (await import(name)) as T
}

const handlers: Readonly<Record<string, Handler>> = {
  config: (await load<{ default: Handler }>('http-cache-tests/server/handle-config.mjs')).default,
  test: (await load<{ default: Handler }>('http-cache-tests/server/handle-test.mjs')).default,
  state: (await load<{ default: Handler }>('http-cache-tests/server/handle-state.mjs')).default,
}

const origin = createServer((request, response) => {
  const [, name = '', ...segments] = new URL(request.url ?? '/', 'http://origin').pathname.split(
    '/',
  )
  const handler = handlers[name]
  if (handler === undefined) response.writeHead(404).end()
  else handler(segments, request, response)
})

async function run({ baseUrl, ids }: ToSuite): Promise<void> {
  const { default: listed } = await load<{ default: Suite[] }>('http-cache-tests/tests/index.mjs')
  const { default: surrogate } = await load<{ default: Suite }>(
    'http-cache-tests/tests/surrogate-control.mjs',
  )
  const suites = [...listed, surrogate]
  const tests = suites.flatMap((suite) => suite.tests).filter((test) => test.browser_only !== true)
  const { runTests, getResults } = await load<{
    runTests(
      suites: Suite[],
      fetch: unknown,
      isBrowser: boolean,
      baseUrl: string,
      chunkSize: number,
    ): Promise<void>
    getResults(): Record<string, SuiteResult>
  }>('http-cache-tests/client/runner.mjs')
  const { default: fetch } = await load<{ default: unknown }>('node-fetch')
  const wanted = suites.map((suite) => ({
    ...suite,
    tests: suite.tests.filter(({ id }) => ids === undefined || ids.includes(id)),
  }))
  // Fewer at a time than by default: some of its answers are fresh for two seconds only.
  await runTests(wanted, fetch, false, baseUrl, 60)
  tell({ kind: 'done', tests, results: getResults() })
}

const tell = (message: FromSuite): void => void process.send?.(message)

process.on('message', (message) => {
  run(message as ToSuite).catch((error: unknown) => {
    console.error(error)
    process.exitCode = 1
    process.disconnect()
  })
})
process.on('disconnect', () => origin.close().closeAllConnections())
origin.listen(0, '127.0.0.1', () => {
  tell({ kind: 'listening', port: (origin.address() as AddressInfo).port })
})
