/** `intervals-proxy simulate`: start the simulated Intervals API until a signal ends it. */
import { Option, type Command } from 'commander'
import { runSimulate, simulateFlags, type SimulatorOptions } from '../index.js'
import { CommandError, EXIT, type Context, type ExitCode } from '../../cli/context.js'
import { parseSimulateFlag } from './simulate-flag.js'

export function define(command: Command): void {
  for (const { flag, description, choices, defaultText } of simulateFlags) {
    const hints = [
      ...(choices === undefined ? [] : [choices.join(', ')]),
      ...(defaultText === undefined ? [] : [`default ${defaultText}`]),
    ]
    const hint = hints.length === 0 ? '' : ` (${hints.join('; ')})`
    command.addOption(new Option(flag, description + hint))
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
  // The table of flags pairs every option with the kind of value it takes.
  return Object.fromEntries(options) as SimulatorOptions
}

async function start(options: SimulatorOptions, context: Context) {
  try {
    return await runSimulate(options, context.out)
  } catch (error) {
    // What the simulator says about options out of bounds.
    if (error instanceof TypeError) throw new CommandError(error.message, EXIT.usage)
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE') {
      throw new CommandError(
        `port ${options.port} is taken: stop what listens there, or take a free one with --port 0`,
      )
    }
    throw error
  }
}
