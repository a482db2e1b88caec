/** `intervals-proxy simulate`: runs the simulated Intervals API until a signal stops it. */
import { Option, type Command } from 'commander'
import type { SimulatorOptions } from '../options.js'
import { CommandError, EXIT, type Context, type ExitCode } from '../../cli/context.js'
import { simulateFlags } from './flags.js'
import { runSimulate } from './run-simulate.js'
import { parseSimulateFlag } from './simulate-flag.js'

export function define(command: Command): void {
  for (const { group, flag, description, choices, defaultText } of simulateFlags) {
    const hint = defaultText === undefined ? '' : ` (default: ${defaultText})`
    const option = new Option(flag, description + hint).helpGroup(group)
    // Not `choices()`, which would refuse a list of several.
    if (choices !== undefined) option.argChoices = [...choices]
    command.addOption(option)
  }
  command.addHelpText(
    'after',
    '\nThe answers never vary: the same seed and day give the same data.',
  )
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const simulator = await start(optionsOf(command), context)
  await context.stopSignal()
  await simulator.close()
  return EXIT.ok
}

function optionsOf(command: Command): SimulatorOptions {
  const given: Readonly<Record<string, string | boolean | undefined>> = command.opts()
  const options = simulateFlags.flatMap((row) => {
    const value = given[new Option(row.flag).attributeName()]
    return value === undefined ? [] : [[row.option, parseSimulateFlag(row, value)]]
  })
  // The table of flags gives each option a value of its type.
  return Object.fromEntries(options) as SimulatorOptions
}

async function start(options: SimulatorOptions, context: Context) {
  try {
    return await runSimulate(options, context.out)
  } catch (error) {
    // The simulator rejects options out of bounds.
    if (error instanceof TypeError) throw new CommandError(error.message, EXIT.usage)
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE') {
      throw new CommandError(
        `port ${options.port} is already in use: stop the other program, or use --port 0 for a free port`,
      )
    }
    throw error
  }
}
