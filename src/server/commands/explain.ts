/** `intervals-proxy explain PATH`: what would happen to a GET, and why. */
import type { Command } from 'commander'
import { CommandError, EXIT, type Context, type ExitCode } from './context.js'
import { askProxy, defineTarget } from './running-proxy.js'
import { toLines } from './table.js'

export function define(command: Command): void {
  command.argument('<path>', 'path and query of the GET, such as "/task/?limit=10"')
  defineTarget(command)
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const [path = ''] = command.args
  if (!path.startsWith('/')) {
    throw new CommandError(
      `a path starts with a slash, such as "/task/"; got "${path}"`,
      EXIT.usage,
    )
  }
  const query = new URLSearchParams({ path }).toString()
  const answer = await askProxy(command, context, { path: `/-/explain?${query}` })
  if (command.opts<{ json?: true }>().json) context.out(JSON.stringify(answer))
  else toLines(answer).forEach(context.out)
  return EXIT.ok
}
