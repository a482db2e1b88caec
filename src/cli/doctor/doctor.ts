/** `intervals-proxy doctor`: what could keep the proxy from working, one line for each check. */
import type { Command } from 'commander'
import { formatProblem } from '../../config/config-problem.js'
import type { Config } from '../../config/schema.js'
import { loadConfiguration } from '../configuration.js'
import { EXIT, type Context, type ExitCode } from '../context.js'
import { authorizationOf, credentialOption } from '../credential.js'
import { checkDataDirectory } from './doctor-disk.js'
import {
  checkAdmin,
  checkHealth,
  checkClock,
  checkOverrides,
  checkProxy,
  look,
  upstreamIn,
} from './doctor-proxy.js'
import { checkQuota } from './doctor-quota.js'
import { checkSecretFiles, type ReadFile } from './doctor-secrets.js'
import { checkCertificate } from './doctor-tls.js'
import { checkUpstream } from './doctor-upstream.js'
import { fail, ok, warn, type Finding } from '../../report/doctor-finding.js'
import { wrapped } from '../display/layout.js'
import { viewport } from '../display/paint.js'
import { waitFor } from '../display/progress-notice.js'
import { addressOf, defineTarget, targetOf } from '../running-proxy.js'

export function define(command: Command): void {
  command.addOption(
    credentialOption('Intervals token, or key, to ask /quota/ with, which costs one call'),
  )
  defineTarget(command)
  command.addHelpText(
    'after',
    '\nWithout --credential it spends no call. Exit code 1: a line says fail.',
  )
}

/** The checks in the order of their lines; each begins when the one before it has been printed. */
type Check = () => Promise<readonly Finding[]> | readonly Finding[]

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const { json } = command.opts<{ readonly json?: true }>()
  const authorization = authorizationOf(command, context)
  const findings: Finding[] = []
  const report = (found: readonly Finding[]): void => {
    findings.push(...found)
    if (!json) for (const finding of found) context.out(toText(finding, context))
  }
  const { config, found } = checkConfiguration(command, context)
  report(found)
  const checks = config === undefined ? [] : checksOf(config, { command, context, authorization })
  for (const [what, check] of checks) {
    report(await waitFor(context, `looking at ${what}`, Promise.resolve(check())))
  }
  context.out(json ? JSON.stringify(findings) : summary(findings))
  return findings.some(({ level }) => level === 'fail') ? EXIT.refused : EXIT.ok
}

function checkConfiguration(command: Command, context: Context) {
  const read: ReadFile[] = []
  const readFile = (path: string): string => {
    const text = context.readFile(path)
    if (!read.some((one) => one.path === path)) read.push({ path, text })
    return text
  }
  const { config: named } = command.opts<{ readonly config?: string }>()
  const loaded = loadConfiguration({ ...context, readFile }, named)
  const subject = 'configuration'
  if (!loaded.ok) {
    const found = loaded.problems.map((problem) => fail(subject, formatProblem(problem)))
    return { config: undefined, found }
  }
  const { file, changed, warnings, sources, config } = loaded
  const secrets = checkSecretFiles(read, { file, sources, cwd: context.cwd })
  const found = [
    ok(
      subject,
      `${file ?? 'no file, defaults and environment'}; ${changed.length} not at their default`,
    ),
    ...warnings.map((warning) => warn(subject, warning)),
    ...(secrets === undefined ? [] : [secrets]),
  ]
  return { config, found }
}

function checksOf(
  config: Config,
  asked: {
    readonly command: Command
    readonly context: Context
    readonly authorization: string | undefined
  },
): readonly (readonly [what: string, check: Check])[] {
  const { command, context, authorization } = asked
  const { url, adminToken } = command.opts<{
    readonly url?: string
    readonly adminToken?: string
  }>()
  const named = url === undefined ? addressOf(config, context) : targetOf(command, context)
  const target = adminToken === undefined ? named : { ...named, adminToken }
  const { redis } = config.store
  const cert = config.server.tls?.cert
  const certificate: Check = () =>
    cert === undefined ? [] : [checkCertificate(context.readFile(cert), cert, Date.now())]
  return [
    ['the data directory', () => checkDataDirectory(config)],
    ['Redis', async () => (redis === undefined ? [] : redisFindings(redis))],
    ['the certificate', certificate],
    ['access', () => [checkAdmin(config.server)]],
    [target.url, async () => [await checkProxy(target)]],
    [
      'the upstream',
      async () => {
        const running = upstreamIn(await look(target))
        if (running === undefined || sameUrl(running, config.upstream.url)) {
          return checkUpstream(config.upstream, context)
        }
        const told = `${target.url} sends to ${running}, but the configuration found here names ${config.upstream.url}: run doctor with the configuration of that proxy (--config, or its environment)`
        return [
          warn('upstream', told),
          ...(await checkUpstream({ ...config.upstream, url: running }, context)),
        ]
      },
    ],
    // Before the figures: its answer tells the proxy the time of Intervals, and what it counts.
    ['the quota', async () => [await checkQuota(target, authorization)]],
    [
      'the health of the proxy',
      async () => {
        const looked = await look(target)
        return [...checkHealth(looked), checkClock(looked), ...checkOverrides(looked)]
      },
    ],
  ]
}

const sameUrl = (one: string, other: string): boolean => new URL(one).href === new URL(other).href

async function redisFindings(url: string): Promise<readonly Finding[]> {
  const { FEATURES } = await import('../../features.js')
  const feature = await FEATURES.loadRedis?.()
  return feature?.checkRedis(url) ?? [fail('Redis', 'this build has no support for store.redis')]
}

const PAINTS = { ok: 'good', warn: 'warn', fail: 'bad' } as const

const SUBJECT_WIDTH = 14
const MESSAGE_AT = 'warn'.length + SUBJECT_WIDTH + 4
/** On a terminal that is narrower than this the terminal breaks lines as it likes. */
const MIN_MESSAGE_WIDTH = 30

/** One line for each finding; on a terminal broken between words. */
function toText({ level, subject, message }: Finding, { terminal }: Context): string {
  const { paint, columns } = viewport({ terminal })
  const head = `${paint[PAINTS[level]](level.padEnd(4))}  ${subject.padEnd(SUBJECT_WIDTH)}  `
  const width = columns - MESSAGE_AT
  if (terminal === undefined || width < MIN_MESSAGE_WIDTH) return head + message
  return head + wrapped(message, width).join(`\n${' '.repeat(MESSAGE_AT)}`)
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Finding['level']): number =>
    findings.filter((finding) => finding.level === level).length
  const [warns, fails] = [count('warn'), count('fail')]
  return warns + fails === 0 ? 'all well' : `${fails} fail, ${warns} warn`
}
