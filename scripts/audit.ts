/**
 * `npm run check:audit`: known holes in what the proxy runs with, as the registry tells them. Fails on
 * those that are high or critical; passes, and says so, where nobody can be asked.
 */

import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'

export interface Verdict {
  readonly passes: boolean
  readonly lines: readonly string[]
}

interface Report {
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly severity?: string; readonly range?: string }>
  >
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> }
  readonly message?: string
  readonly error?: { readonly code?: string; readonly summary?: string }
}

/** What stops a build; the others are told and looked at when there is time. */
const STOPPING: ReadonlySet<string | undefined> = new Set(['high', 'critical'])

/** What the output of `npm audit --json` means. */
export function judge(output: string): Verdict {
  const report = parse(output)
  const counts = report?.metadata?.vulnerabilities
  if (counts === undefined) {
    const { message, error } = report ?? {}
    const why = message || error?.summary || error?.code || 'no answer that can be read'
    return { passes: true, lines: [`audit: skipped, the registry offers none here (${why})`] }
  }
  const found = Object.entries(report?.vulnerabilities ?? {})
  const stopping = found.filter(([, { severity }]) => STOPPING.has(severity))
  const known = Object.entries(counts).filter(([name]) => STOPPING.has(name))
  if (stopping.length === 0 && known.every(([, count]) => count === 0)) {
    return {
      passes: true,
      lines: [`audit: no high or critical holes; ${found.length} smaller ones`],
    }
  }
  return {
    passes: false,
    lines: [
      ...stopping.map(([name, { severity, range }]) => `audit: ${name} ${range}: ${severity}`),
      'audit: "npm audit --omit=dev" says more; update, or override in package.json',
    ],
  }
}

function parse(output: string): Report | undefined {
  try {
    return (JSON.parse(output) ?? undefined) as Report | undefined
  } catch {
    return undefined
  }
}

const TIMEOUT_MS = 60_000

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const args = ['audit', '--omit=dev', '--audit-level=high', '--json']
  const { stdout } = spawnSync('npm', args, {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: { ...process.env, npm_config_fetch_retries: '0' },
    shell: process.platform === 'win32',
  })
  const { passes, lines } = judge(stdout ?? '')
  for (const line of lines) console.log(line)
  process.exitCode = passes ? 0 : 1
}
