/** `intervals-proxy status`: what a running proxy says about itself. */
import type { Command } from 'commander'
import { EXIT, type Context, type ExitCode } from './context.js'
import { ask, defineTarget, targetOf } from './running-proxy.js'
import { toLines } from './table.js'

export function define(command: Command): void {
  defineTarget(command)
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const status = await ask(targetOf(command, context), { path: '/-/status' })
  if (command.opts<{ json?: true }>().json) context.out(JSON.stringify(status))
  else toLines(status).forEach(context.out)
  return EXIT.ok
}
