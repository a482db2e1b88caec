/** `intervals-proxy doctor`: what could keep the proxy from working, one line for each check. */
import type { Command } from 'commander'
import { formatProblem } from '../config/problem.js'
import type { Config } from '../config/schema.js'
import { loadConfiguration } from './configuration.js'
import { EXIT, type Context, type ExitCode } from './context.js'
import { checkDataDirectory } from './doctor-disk.js'
import { checkClock, checkProxy } from './doctor-proxy.js'
import { checkUpstream } from './doctor-upstream.js'
import { fail, ok, warn, type Finding } from './finding.js'
import { addressOf, defineTarget, targetOf } from './running-proxy.js'

export function define(command: Command): void {
  defineTarget(command)
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const findings: Finding[] = []
  const isJson = command.opts<{ json?: true }>().json === true
  const report = (found: readonly Finding[]) => {
    findings.push(...found)
    if (!isJson) found.map(toLine).forEach(context.out)
  }
  const { config, found } = checkConfiguration(command, context)
  report(found)
  if (config !== undefined) {
    report([checkDataDirectory(config.store.dir)])
    const { url } = command.opts<{ url?: string }>()
    const named = url === undefined ? addressOf(config, context) : targetOf(command, context)
    const { adminToken = named.adminToken } = command.opts<{ adminToken?: string }>()
    const target = { ...named, adminToken }
    report(await checkProxy(target))
    report([await checkUpstream(config.upstream, context.readFile)])
    report([await checkClock(target)])
  }
  if (isJson) context.out(JSON.stringify(findings))
  return findings.some(({ level }) => level === 'fail') ? EXIT.refused : EXIT.ok
}

function checkConfiguration(command: Command, context: Context) {
  const loaded = loadConfiguration(context, command.opts<{ config?: string }>().config)
  const subject = 'configuration'
  if (!loaded.ok) {
    const found = loaded.problems.map((problem) => fail(subject, formatProblem(problem)))
    return { config: undefined, found }
  }
  const { file = 'no file, defaults and environment', changed, warnings } = loaded
  const config: Config = loaded.config
  const found = [
    ok(subject, `${file}; ${changed.length} not at their default`),
    ...warnings.map((warning) => warn(subject, warning)),
  ]
  return { config, found }
}

function toLine({ level, subject, message }: Finding): string {
  return `${level.padEnd(4)}  ${subject.padEnd(14)}  ${message}`
}
