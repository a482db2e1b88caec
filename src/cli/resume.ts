/** `intervals-proxy resume`: ends pauses, also those after a refusal by Intervals. */
import { Option, type Command } from 'commander'
import { EXIT, type Context, type ExitCode } from './context.js'
import { askProxy, defineTarget } from './running-proxy.js'

interface Options {
  readonly account?: string
  readonly nothingWasSent?: true
  readonly json?: true
}

export function define(command: Command): void {
  command.addOption(new Option('--account <name>', 'only that of this account'))
  command.addOption(
    new Option(
      '--nothing-was-sent',
      'end the quarantine after a lost history: you declare that nothing was sent to Intervals in the last minutes',
    ).conflicts('account'),
  )
  defineTarget(command)
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const { account, nothingWasSent, json } = command.opts<Options>()
  const scope = nothingWasSent ? 'quarantine' : account && `account:${account}`
  const body = scope === undefined ? {} : { scope }
  const answer = await askProxy(command, context, { path: '/-/resume', body })
  const { resumed = [] } = answer as { readonly resumed?: readonly string[] }
  const sentence = resumed.length === 0 ? 'nothing was paused' : `goes on: ${resumed.join(', ')}`
  context.out(json ? JSON.stringify(answer) : sentence)
  return EXIT.ok
}
