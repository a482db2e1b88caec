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
  else toLines(byName(status)).forEach(context.out)
  return EXIT.ok
}

interface Spender {
  readonly consumer: string
  readonly account: string
}

/** Consumers by their names instead of by numbers: who spent what is looked for by name. */
function byName(status: unknown): unknown {
  const { consumers } = (status ?? {}) as { consumers?: readonly Spender[] }
  if (!Array.isArray(consumers)) return status
  const spenders: readonly Spender[] = consumers
  const named = spenders.map(({ consumer, ...rest }) => {
    const isTwice = spenders.filter((one) => one.consumer === consumer).length > 1
    return [isTwice ? `${consumer} (${rest.account})` : consumer, rest]
  })
  return { ...(status as object), consumers: Object.fromEntries(named) }
}
