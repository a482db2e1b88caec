/** The configuration as the commands see it: from the flags they take, or an end with all mistakes. */
import { Option, type Command } from 'commander'
import { loadConfig, type LoadResult } from '../config/load.js'
import { formatProblem, type Problem } from '../config/config-problem.js'
import { SETTINGS } from '../config/settings.js'
import { EXIT, type Context, type ExitCode } from './context.js'

/** The option that names the file. */
export function configOption(): Option {
  return new Option('-c, --config <file>', 'YAML file with settings (INTERVALS_PROXY_CONFIG)')
}

/** An option for every setting that has a flag. */
export function settingOptions(): { readonly key: string; readonly option: Option }[] {
  return SETTINGS.flatMap(({ key, keyword, description, written }) => {
    if (keyword.flag === undefined) return []
    const [sentence = ''] = description.split(/[.;] /u)
    const summary = `${sentence.replace(/\.$/u, '')} (${keyword.variable}, default ${written})`
    return [{ key, option: new Option(keyword.flag, summary) }]
  })
}

/** The options of serve, for the help of the program. */
export function serveOptionsHelp(): string {
  const options = [configOption(), ...settingOptions().map(({ option }) => option)]
  const width = Math.max(...options.map(({ flags }) => flags.length))
  return options
    .map(({ flags, description }) => `  ${flags.padEnd(width)}  ${description}`)
    .join('\n')
}

/** Load the configuration with the options of `command` on top. */
export function configurationOf(command: Command, context: Context): LoadResult {
  const given: Readonly<Record<string, string | undefined>> = command.opts()
  const flags = settingOptions().flatMap(({ key, option }): [string, string][] => {
    const value = given[option.attributeName()]
    return value === undefined ? [] : [[key, value]]
  })
  return loadConfiguration(context, given['config'], Object.fromEntries(flags))
}

/** Load the configuration in `file`, or in the one that the environment names. */
export function loadConfiguration(
  { env, cwd, readFile, exists }: Context,
  file?: string,
  flags: Readonly<Record<string, string>> = {},
): LoadResult {
  return loadConfig({
    env,
    cwd,
    readFile,
    ...(exists !== undefined && { exists }),
    flags,
    ...(file !== undefined && { file }),
  })
}

/** Print every mistake and how many they are; wrong flags alone are wrong usage. */
export function refuse(problems: readonly Problem[], context: Context): ExitCode {
  for (const problem of problems) context.err(formatProblem(problem))
  const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`
  context.err(`intervals-proxy: ${count} in the configuration; config/README.md lists all settings`)
  return problems.every(({ source }) => source === 'command line') ? EXIT.usage : EXIT.refused
}
