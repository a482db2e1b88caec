/** `intervals-proxy serve`: start the proxy, or say everything that is wrong. */
import type { Command } from 'commander'
import type { LoadResult } from '../config/load.js'
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
  const files = new Set<string>()
  const load = (): LoadResult => {
    files.clear()
    return configurationOf(command, {
      ...context,
      readFile: (path) => {
        files.add(path)
        return context.readFile(path)
      },
    })
  }
  const loaded = load()
  if (!loaded.ok) return refuse(loaded.problems, context)
  const { serve } = await import('../server/serve.js')
  const { FEATURES } = await import('../features.js')
  const source = { load, files: () => [...files] }
  const { warnings } = loaded
  await serve(loaded.config, { warnings, source, env: context.env, features: FEATURES })
  return EXIT.ok
}
