/**
 * As many requests as a server can take, from another process: wrk where it is installed, else
 * autocannon. Each connection sends its next request when it has the answer to the last.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CORES, launch } from '../children.js'
import { versionOf } from '../machine.js'

export interface Load {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly connections: number
  readonly seconds: number
}

export interface LoadResult {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly requests: number
}

const REPORT = `
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("\\nREPORT %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
`

export function createSaturation(directory: string): (load: Load) => Promise<LoadResult> {
  const script = join(directory, 'report.lua')
  writeFileSync(script, REPORT)
  return versionOf('wrk') === undefined ? autocannon : (load) => wrk(load, script)
}

export const loader = (): string =>
  versionOf('wrk') === undefined ? 'autocannon (wrk is not installed: package wrk)' : 'wrk'

async function wrk(load: Load, script: string): Promise<LoadResult> {
  const { url, headers, connections, seconds } = load
  const child = launch(
    'wrk',
    [
      '-t1',
      `-c${connections}`,
      `-d${seconds}s`,
      '-s',
      script,
      ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
      url,
    ],
    { core: CORES.load },
  )
  await child.ended
  const found = /REPORT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)/.exec(child.output())
  if (found === null) throw new Error(`wrk failed: ${child.output()}`)
  const [requests = 0, micros = 0, p50 = 0, p99 = 0, errors = 0] = found.slice(1).map(Number)
  if (errors > 0) throw new Error(`${errors} of ${requests} requests failed at ${url}`)
  return {
    requestsPerSecond: (requests * 1e6) / micros,
    p50Ms: p50 / 1_000,
    p99Ms: p99 / 1_000,
    requests,
  }
}

interface AutocannonReport {
  readonly requests: { readonly total: number; readonly average: number }
  readonly latency: { readonly p50: number; readonly p99: number }
  readonly errors: number
  readonly '4xx': number
  readonly '5xx': number
}

async function autocannon(load: Load): Promise<LoadResult> {
  const { url, headers, connections, seconds } = load
  const child = launch(
    process.execPath,
    [
      'node_modules/autocannon/autocannon.js',
      '--json',
      '--no-progress',
      '-c',
      String(connections),
      '-d',
      String(seconds),
      ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}=${value}`]),
      url,
    ],
    { core: CORES.load },
  )
  await child.ended
  const text = child.output()
  const report = JSON.parse(text.slice(text.indexOf('{'))) as AutocannonReport
  const errors = report.errors + report['4xx'] + report['5xx']
  if (errors > 0) throw new Error(`${errors} requests failed at ${url}`)
  return {
    requestsPerSecond: report.requests.average,
    p50Ms: report.latency.p50,
    p99Ms: report.latency.p99,
    requests: report.requests.total,
  }
}
