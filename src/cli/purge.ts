/** `intervals-proxy purge`: drop answers from the cache of a running proxy. */
import { Option, type Command } from 'commander'
import { CommandError, EXIT, type Context, type ExitCode } from './context.js'
import { askProxy, defineTarget } from './running-proxy.js'

interface Options {
  readonly account?: string
  readonly resource?: string
  readonly path?: string
  readonly soft?: true
  readonly all?: true
  readonly json?: true
}

export function define(command: Command): void {
  command
    .addOption(new Option('--account <name>', 'only answers of this account'))
    .addOption(new Option('--resource <name>', 'only answers of this resource, such as task'))
    .addOption(new Option('--path <path>', 'only answers to this path, such as /task/123/'))
    .addOption(new Option('--soft', 'keep them as stale answers instead of dropping them'))
    .addOption(new Option('--all', 'everything'))
  defineTarget(command)
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const { account, resource, path, soft, all, json } = command.opts<Options>()
  const isNarrowed = [account, resource, path].some((value) => value !== undefined)
  if (isNarrowed === (all === true)) {
    throw new CommandError(
      'say what to purge: any of --account, --resource and --path, or else --all',
      EXIT.usage,
    )
  }
  const body = Object.fromEntries(
    Object.entries({ account, resource, path, soft }).filter(([, value]) => value !== undefined),
  )
  const answer = await askProxy(command, context, { path: '/-/purge', body })
  context.out(json ? JSON.stringify(answer) : sentence(answer, soft === true))
  return EXIT.ok
}

function sentence(answer: unknown, isSoft: boolean): string {
  const { purged } = answer as { purged?: number }
  const answers = purged === 1 ? '1 answer' : `${purged ?? 'unknown'} answers`
  return isSoft ? `marked ${answers} as stale` : `purged ${answers}`
}
