/** `intervals-proxy pause`: nothing goes out any more, until a person resumes. */
import { Option, type Command } from 'commander'
import { EXIT, type Context, type ExitCode } from './context.js'
import { askProxy, defineTarget } from './running-proxy.js'

export function define(command: Command): void {
  command
    .addOption(new Option('--account <name>', 'only requests of this account'))
    .addOption(new Option('--detail <text>', 'why, shown in the status'))
  defineTarget(command)
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const { account, detail, json } = command.opts<{
    readonly account?: string
    readonly detail?: string
    readonly json?: true
  }>()
  const body = {
    ...(account !== undefined && { scope: `account:${account}` }),
    ...(detail !== undefined && { detail }),
  }
  const answer = await askProxy(command, context, { path: '/-/pause', body })
  const what = account === undefined ? 'nothing' : `nothing of ${account}`
  context.out(
    json ? JSON.stringify(answer) : `paused: ${what} goes out until "intervals-proxy resume"`,
  )
  return EXIT.ok
}
