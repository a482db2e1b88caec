/**
 * The command line: which commands there are, and what happens to a wrong one.
 *
 * Only the file of the command that was asked for is loaded, so that `--help` answers at once.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { nearest } from '../config/nearest.js'
import { CommandError, EXIT, type Context, type ExitCode } from './context.js'

/** What the file of a command exports. */
interface CommandModule {
  /** Add arguments and options to `command`, and return what it does with them. */
  readonly define: (command: Command, context: Context) => void | Promise<void>
  readonly run: (command: Command, context: Context) => Promise<ExitCode>
}

interface Entry {
  readonly summary: string
  readonly load: () => Promise<CommandModule>
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  serve: { summary: 'start the proxy (default)', load: () => import('./serve.js') },
  simulate: {
    summary: 'start a simulated Intervals API, to try things and for the tests of your own app',
    load: () => import('./simulate.js'),
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
    load: () => import('./doctor.js'),
  },
}

const DEFAULT_COMMAND = 'serve'
const FOOTER = `
Run "intervals-proxy COMMAND --help" for the options of a command; serve is the command if none is
named. Exit codes: 0 fine, 1 refused, 2 wrong usage.`

/** Run the command in `argv` (without node and the script); resolves to the exit code. */
export async function runProgram(argv: readonly string[], context: Context): Promise<ExitCode> {
  try {
    return await runCommand(argv, context)
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed its help, its version or what is wrong already.
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    }
    if (error instanceof CommandError) {
      context.err(`intervals-proxy: ${error.message}`)
      return error.exitCode
    }
    throw error
  }
}

async function runCommand(argv: readonly string[], context: Context): Promise<ExitCode> {
  const asked = commandIn(argv)
  let exitCode: ExitCode = EXIT.ok
  const program = new Command('intervals-proxy')
    .description('A caching proxy for the Intervals API that keeps every consumer in the limits.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(true)
    .addHelpText('after', FOOTER)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out(text.trimEnd()),
      writeErr: (text) => context.err(text.trimEnd()),
      outputError: (text, write) => write(`intervals-proxy: ${text.replace(/^error: /u, '')}`),
    })
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    // Made by program.command, a command inherits how the program ends and prints.
    const command = program.command(name, { isDefault: name === DEFAULT_COMMAND })
    command.description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`).summary(summary)
    command.helpOption('-h, --help', 'print this help')
    if (name === asked) {
      const { define, run } = await load()
      await define(command, context)
      command.action(async () => {
        exitCode = await run(command, context)
      })
    }
  }
  await program.parseAsync(argv, { from: 'user' })
  return exitCode
}

/** The command that `argv` asks for; undefined if it asks for the program itself. */
function commandIn(argv: readonly string[]): string | undefined {
  const [first, second] = argv
  if (first === undefined) return DEFAULT_COMMAND
  if (first === 'help') return second === undefined ? undefined : commandIn([second])
  if (['-h', '--help', '-V', '--version'].includes(first)) return undefined
  if (first.startsWith('-')) return DEFAULT_COMMAND
  if (Object.hasOwn(COMMANDS, first)) return first
  const meant = nearest(first, Object.keys(COMMANDS))
  const hint = meant === undefined ? 'see intervals-proxy --help' : `did you mean ${meant}?`
  throw new CommandError(`unknown command "${first}"; ${hint}`, EXIT.usage)
}

function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  )
  return (manifest as { version: string }).version
}
