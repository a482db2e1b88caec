/** `intervals-proxy status`: how a running proxy stands; on a terminal until somebody has seen enough. */
import { Option, type Command } from 'commander'
import { EXIT, type Context, type ExitCode } from './context.js'
import { viewport } from './display/paint.js'
import { ask, askProxy, defineTarget, targetOf } from './running-proxy.js'
import { watchStatus } from './status-watch.js'
import { viewOf } from './display/status-view.js'

const QUESTION = { path: '/-/status' } as const

export function define(command: Command): void {
  command.addOption(new Option('--once', 'print it once, on a terminal too'))
  defineTarget(command)
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const { json, once } = command.opts<{ readonly json?: true; readonly once?: true }>()
  const { terminal } = context
  // Whatever is wrong with the address or the token is said on a line of its own, and not on a screen.
  const first = await askProxy(command, context, QUESTION)
  if (json) context.out(JSON.stringify(first))
  else if (terminal === undefined || once) {
    const { url } = targetOf(command, context)
    viewOf(first, { url, ...viewport(context), consumers: 10 }).forEach(context.out)
  } else {
    const target = targetOf(command, context)
    const { url } = target
    await watchStatus({
      first,
      url,
      ask: async (signal) => ask(target, { ...QUESTION, signal }),
      terminal,
      stopSignal: context.stopSignal,
    })
  }
  return EXIT.ok
}
