/** The suite against the proxy: its origin and client in one process, the proxy in this one. */
import { fork, type ChildProcess } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { createMemoryJournal } from '../../src/limits/index.js'
import { buildApp } from '../../src/server/app.js'
import { testClock, testConfig } from '../server/build.js'
import type { FromSuite, SuiteResult, SuiteTest, ToSuite } from './suite-process.js'
import { moduleAt } from '../project.js'
import { loaderOnly } from '../cache/process-options.js'

export interface SuiteRun {
  readonly tests: readonly SuiteTest[]
  readonly results: ReadonlyMap<string, SuiteResult>
}

/** All tests for caches that are no browsers, or those of `ids`. Takes some 25 s, most of it waiting. */
export async function runSuite(t: Test, ids?: readonly string[]): Promise<SuiteRun> {
  const child = fork(moduleAt('./suite-process', import.meta), {
    ...loaderOnly(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  t.teardown(() => child.kill())
  const listening = await message(child, 'listening')
  const app = await buildApp(
    testConfig(
      // Node's server closes a connection after 5 s, which ends the response in an unknown transfer coding.
      { cache: { profile: 'http' }, upstream: { timeout: '30s' } },
      `http://127.0.0.1:${listening.port}/`,
    ),
    {
      clock: testClock(),
      journal: createMemoryJournal(),
      secret: () => Buffer.alloc(32, 7),
      newDisk: 'idle',
      version: '0.0.0-test',
      isUnderPressure: () => false,
    },
  )
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  child.send({ baseUrl: `http://127.0.0.1:${port}`, ids } satisfies ToSuite)
  const { tests, results } = await message(child, 'done')
  child.disconnect()
  return { tests, results: new Map(Object.entries(results)) }
}

function message<Kind extends FromSuite['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<FromSuite, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the suite ended with ${code}`)))
    child.once('message', (told: FromSuite) => {
      if (told.kind === kind) resolve(told as Extract<FromSuite, { kind: Kind }>)
      else reject(new Error(`the suite said ${told.kind}, not ${kind}`))
    })
  })
}
