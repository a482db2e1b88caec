/** Starts a simulator and prints its URL and tokens. */
import { groupNames } from '../accounts.js'
import type { SimulatorOptions } from '../options.js'
import { startSimulator } from '../start.js'
import type { Simulator } from '../simulator.js'

/** The first line contains `listening` and the URL; then each token has a line. */
export async function runSimulate(
  options: SimulatorOptions,
  out: (line: string) => void,
): Promise<Simulator> {
  const simulator = await startSimulator(options)
  out(`Intervals simulator listening on ${simulator.url}`)
  out('Tokens to try (user name of Basic authentication, any password):')
  for (const account of simulator.settings.accounts) {
    for (const { tokens, role, firstname, lastname, active } of account.people) {
      const note = active === false ? ', inactive' : ''
      for (const token of tokens) {
        out(`  ${token}  ${account.name}, ${groupNames[role]}, ${firstname} ${lastname}${note}`)
      }
    }
  }
  out(`Journal and faults: ${simulator.url}-simulator/`)
  return simulator
}
