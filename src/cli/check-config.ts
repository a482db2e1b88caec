/** `intervals-proxy check-config [FILE]`: what serve would say, without starting anything. */
import type { Command } from 'commander'
import { configOption, loadConfiguration, refuse } from './configuration.js'
import { EXIT, type Context, type ExitCode } from './context.js'

export function define(command: Command): void {
  command
    .argument('[file]', 'YAML file with settings; default: the one serve would read')
    .addOption(configOption())
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const { config: named } = command.opts<{ config?: string }>()
  const loaded = loadConfiguration(context, command.args[0] ?? named)
  if (!loaded.ok) return refuse(loaded.problems, context)
  for (const warning of loaded.warnings) context.out(`warning: ${warning}`)
  const { length } = loaded.changed
  const settings = length === 1 ? '1 setting differs' : `${length} settings differ`
  context.out(`ok: ${loaded.file ?? 'no file'}: ${settings} from the defaults`)
  return EXIT.ok
}
