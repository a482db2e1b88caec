/**
 * Which commands there are. Only the file of the one that is asked for is loaded, so that `--help`
 * answers at once.
 */
import type { Command } from 'commander'
import type { Context, ExitCode } from './context.js'

/** What the file of a command exports. */
export interface CommandModule {
  /** Add arguments and options to `command`, and return what it does with them. */
  readonly define: (command: Command, context: Context) => void | Promise<void>
  readonly run: (command: Command, context: Context) => Promise<ExitCode>
}

export interface Entry {
  readonly summary: string
  readonly load: () => Promise<CommandModule>
}

export const COMMANDS: Readonly<Record<string, Entry>> = {
  serve: { summary: 'start the proxy (default)', load: () => import('./serve.js') },
  simulate: {
    summary: 'start a simulated Intervals API, to try things and for the tests of your own app',
    load: () => import('../simulator/cli/simulate.js'),
  },
  'check-config': {
    summary: 'read the configuration as serve would, and say everything that is wrong with it',
    load: () => import('./check-config.js'),
  },
  status: {
    summary: 'show the budgets, the queue and the cache of a running proxy',
    load: () => import('./status.js'),
  },
  purge: {
    summary: 'drop answers from the cache of a running proxy',
    load: () => import('./purge.js'),
  },
  explain: {
    summary: 'say what would happen to a GET, and why, without spending a request',
    load: () => import('./explain.js'),
  },
  key: {
    summary: 'make a key for a consumer: "key new NAME" prints it once',
    load: () => import('./key.js'),
  },
  pause: {
    summary: 'let nothing out of a running proxy until it is resumed; stored answers go on',
    load: () => import('./pause.js'),
  },
  resume: {
    summary: 'end the pauses of a running proxy',
    load: () => import('./resume.js'),
  },
  doctor: {
    summary: 'check the configuration, the data directory, the proxy and the way to Intervals',
    load: () => import('./doctor/doctor.js'),
  },
  completion: {
    summary: 'print what makes bash, zsh or fish complete these commands',
    load: () => import('./completion.js'),
  },
}

export const DEFAULT_COMMAND = 'serve'

/** Make what stands on the command line of one of them, in a program that has them all. */
export async function defineCommand(
  program: Command,
  name: string,
  context: Context,
): Promise<{ readonly command: Command; readonly run: CommandModule['run'] }> {
  const command = addCommand(program, name)
  const { define, run } = await entryOf(name).load()
  await define(command, context)
  return { command, run }
}

/** Without its arguments and options, for the list of all. */
export function addCommand(program: Command, name: string): Command {
  const { summary } = entryOf(name)
  // Made by program.command, a command inherits how the program ends and prints.
  return program
    .command(name, { isDefault: name === DEFAULT_COMMAND })
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .summary(summary)
    .helpOption('-h, --help', 'print this help')
}

function entryOf(name: string): Entry {
  const entry = COMMANDS[name]
  if (entry === undefined) throw new TypeError(`there is no command ${name}`)
  return entry
}
