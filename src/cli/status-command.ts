/** `intervals-proxy status`: the state of a running proxy; on a terminal it is updated until a key is pressed. */
import { Option, type Command } from 'commander'
import { EXIT, type Context, type ExitCode } from './context.js'
import { viewport } from './display/paint.js'
import { ask, askProxy, defineTarget, targetOf } from './running-proxy.js'
import { watchStatus } from './status-watch.js'
import type { Status } from '../report/status-report.js'
import { viewOf } from './display/status-view.js'

const QUESTION = { path: '/-/status' } as const

export function define(command: Command): void {
  command.addOption(new Option('--once', 'print it once, on a terminal too'))
  defineTarget(command)
}

/** For scripts; as the proxy was when it was first asked. */
function exitCodeOf(answer: unknown): ExitCode {
  const { health } = answer as Partial<Pick<Status, 'health'>>
  return EXIT[health?.status ?? 'ok']
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const { json, once } = command.opts<{ readonly json?: true; readonly once?: true }>()
  const { terminal } = context
  // A wrong address or token is reported on a line of its own, before the screen opens.
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
  return exitCodeOf(first)
}
