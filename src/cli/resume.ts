/** `intervals-proxy resume`: ends pauses, also those after a refusal by Intervals. */
import { Option, type Command } from 'commander'
import { EXIT, type Context, type ExitCode } from './context.js'
import { askProxy, defineTarget } from './running-proxy.js'

export function define(command: Command): void {
  command.addOption(new Option('--account <name>', 'only that of this account'))
  defineTarget(command)
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const { account, json } = command.opts<{ readonly account?: string; readonly json?: true }>()
  const body = account === undefined ? {} : { scope: `account:${account}` }
  const answer = await askProxy(command, context, { path: '/-/resume', body })
  const { resumed = [] } = answer as { readonly resumed?: readonly string[] }
  const sentence = resumed.length === 0 ? 'nothing was paused' : `goes on: ${resumed.join(', ')}`
  context.out(json ? JSON.stringify(answer) : sentence)
  return EXIT.ok
}
