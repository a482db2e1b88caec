/** On what was measured, and with which versions. */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { cpuMs, endedMs, pinning } from './children.js'
import type { Row } from './table.js'

/** Programs that are compared with, and the Debian package of each. */
export const PACKAGES = {
  nginx: 'nginx',
  varnishd: 'varnish',
  squid: 'squid',
  wrk: 'wrk',
} as const

export type Program = keyof typeof PACKAGES

const VERSION: Readonly<Record<Program, readonly [flag: string, pattern: RegExp]>> = {
  nginx: ['-v', /nginx\/([\d.]+)/],
  varnishd: ['-V', /varnish-([\d.]+)/],
  squid: ['-v', /Version ([\d.]+)/],
  wrk: ['-v', /wrk (?:debian\/)?([\d.]+)/],
}

/** Undefined where it is not installed. */
export function versionOf(program: Program): string | undefined {
  const [flag, pattern] = VERSION[program]
  const { stdout, stderr, error } = spawnSync(program, [flag], { encoding: 'utf8' })
  if (error !== undefined) return undefined
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? 'unknown'
}

export const missing = (program: Program): string =>
  `${program} is not installed: package ${PACKAGES[program]}`

function versionOfModule(name: string): string {
  const file = `node_modules/${name}/package.json`
  if (!existsSync(file)) return 'missing'
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

function commit(): string {
  const { stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' })
  return stdout?.trim() || 'unknown'
}

export function machine(): readonly Row[] {
  const programs = Object.keys(PACKAGES) as Program[]
  const modules = ['fastify', 'undici', 'bottleneck', 'p-queue', 'rate-limiter-flexible']
  const [cpu] = cpus()
  return [
    { what: 'Machine', value: `${cpus().length} x ${cpu?.model ?? 'unknown'}, ${gib()} GiB` },
    { what: 'Kernel', value: `${process.platform} ${release()}` },
    { what: 'Cores', value: pinning() },
    { what: 'Node', value: process.version },
    { what: 'Commit', value: commit() },
    ...modules.map((name) => ({ what: name, value: versionOfModule(name) })),
    ...programs.map((program) => ({
      what: program,
      value: versionOf(program) ?? `not installed (package ${PACKAGES[program]})`,
    })),
  ]
}

/**
 * What else runs, as figures have to be read with it: processor time of the machine less that of this
 * process and of all that it started, from now until the returned is called.
 */
export function watchOthers(): () => string {
  const spent = (): number => busyMs() - cpuMs([process.pid]) - endedMs()
  const [startedMs, before] = [performance.now(), spent()]
  return () => {
    const cores = (spent() - before) / (performance.now() - startedMs)
    return `${Math.max(0, cores).toFixed(1)} of ${cpus().length} cores`
  }
}

const busyMs = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)

const gib = (): string => (totalmem() / 2 ** 30).toFixed(1)
