/** A command of the program: what its file exports, and how it is put on the command line. */
import type { Command } from 'commander'
import type { Context, ExitCode } from './context.js'

/** What the file of a command exports. */
export interface CommandModule {
  /** Adds arguments and options to `command`. */
  readonly define: (command: Command, context: Context) => void | Promise<void>
  readonly run: (command: Command, context: Context, commands: Commands) => Promise<ExitCode>
}

export interface Entry {
  readonly summary: string
  readonly load: () => Promise<CommandModule>
}

export type Commands = Readonly<Record<string, Entry>>

export const DEFAULT_COMMAND = 'serve'

/** Adds a command to the program, with its arguments and options. */
export async function defineCommand(
  program: Command,
  name: string,
  { entry, context }: { readonly entry: Entry; readonly context: Context },
): Promise<{ readonly command: Command; readonly run: CommandModule['run'] }> {
  const command = addCommand(program, name, entry)
  const { define, run } = await entry.load()
  await define(command, context)
  return { command, run }
}

/** Adds a command without its arguments and options, for the list of all. */
export function addCommand(program: Command, name: string, { summary }: Entry): Command {
  // Made by program.command, a command inherits how the program ends and prints.
  return program
    .command(name, { isDefault: name === DEFAULT_COMMAND })
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .summary(summary)
    .helpOption('-h, --help', 'print this help')
}
