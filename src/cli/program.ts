/** The command line: which command runs, and what a wrong one leads to. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { nearest } from '../config/nearest.js'
import { CommandError, EXIT, type Context, type ExitCode } from './context.js'
import { addCommand, DEFAULT_COMMAND, defineCommand } from './command.js'
import { COMMANDS } from './registry.js'

const FOOTER = `
The dashboard of a running proxy is at /-/, by default http://127.0.0.1:8080/-/

Run "intervals-proxy COMMAND --help" for the options of a command; serve is the command if none is
named. Exit codes: 0 fine, 1 refused, 2 wrong usage; of status: 3 degraded, 4 down.`

/** Run the command in `argv` (without node and the script); resolves to the exit code. */
export async function runProgram(argv: readonly string[], context: Context): Promise<ExitCode> {
  try {
    return await runCommand(argv, context)
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has already printed its help, its version or the mistake.
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
  const asked = commandIn(argv, context.env)
  let exitCode: ExitCode = EXIT.ok
  const program = new Command('intervals-proxy')
    .description('A caching proxy for the Intervals API that keeps every consumer in the limits.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(true)
    .addHelpText('after', asked === undefined ? await optionsAndFooter() : FOOTER)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out(text.trimEnd()),
      writeErr: (text) => context.err(text.trimEnd()),
      outputError: (text, write) => write(`intervals-proxy: ${text.replace(/^error: /u, '')}`),
    })
  for (const [name, entry] of Object.entries(COMMANDS)) {
    if (name !== asked) {
      addCommand(program, name, entry)
      continue
    }
    const { command, run } = await defineCommand(program, name, { entry, context })
    command.action(async () => {
      exitCode = await run(command, context, COMMANDS)
    })
  }
  await program.parseAsync(argv, { from: 'user' })
  return exitCode
}

/** The command that `argv` asks for; undefined if it asks for the program itself. */
function commandIn(argv: readonly string[], env: Context['env']): string | undefined {
  const [first, second] = argv
  if (first === undefined) return DEFAULT_COMMAND
  if (first === 'help') return second === undefined ? undefined : commandIn([second], env)
  if (['-h', '--help', '-V', '--version'].includes(first)) return undefined
  if (first.startsWith('-')) return DEFAULT_COMMAND
  if (Object.hasOwn(COMMANDS, first)) return first
  const meant = nearest(first, Object.keys(COMMANDS))
  const hint = meant === undefined ? slipHint(first, env) : `did you mean ${meant}?`
  throw new CommandError(`unknown command "${first}"; ${hint}`, EXIT.usage)
}

/** npm keeps flags to itself unless two hyphens come before them, and passes on their values alone. */
function slipHint(word: string, { npm_lifecycle_event: script }: Context['env']): string {
  if (script === 'start') {
    return 'npm passes options on only after two hyphens, as in: npm start -- --port 9000'
  }
  return /^\d+$/u.test(word) ? `did you mean --port ${word}?` : 'see intervals-proxy --help'
}

async function optionsAndFooter(): Promise<string> {
  const { serveOptionsHelp } = await import('./configuration.js')
  return `\nOptions of serve:\n${serveOptionsHelp()}\n${FOOTER}`
}

function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return (manifest as { version: string }).version
}
