/** `intervals-proxy serve`: start the proxy, or say everything that is wrong. */
import type { Command } from 'commander'
import { configOption, configurationOf, refuse, settingOptions } from './configuration.js'
import { EXIT, type Context, type ExitCode } from './context.js'

export function define(command: Command): void {
  command.addOption(configOption())
  for (const { option } of settingOptions()) command.addOption(option)
  command.addHelpText(
    'after',
    '\nFlags win over variables, variables over the file. config/README.md lists all settings.',
  )
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const loaded = configurationOf(command, context)
  if (!loaded.ok) return refuse(loaded.problems, context)
  const { serve } = await import('../serve.js')
  await serve(loaded.config, { warnings: loaded.warnings })
  return EXIT.ok
}
