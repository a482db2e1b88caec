/** Runs one example, and compares what it printed with what the page says. */
import type { Test } from 'tap'
import { missingIn, nameOf, type Example } from './example.js'
import { commandPath, type Ran, type Surroundings } from './surroundings.js'

export async function runExample(t: Test, example: Example, place: Surroundings): Promise<void> {
  const { language, text, mark } = example
  if (language === 'js') {
    const args = ['--input-type=module', '--eval', place.here(text)]
    return compare(t, example, await place.run(process.execPath, args))
  }
  const needed = ['bash', ...['curl', 'openssl'].filter((command) => text.includes(command))]
  const missing = needed.find((command) => commandPath(command) === undefined)
  if (missing !== undefined) {
    t.pass(nameOf(example), { skip: `needs ${missing}` })
  } else if (mark === 'stays up') {
    await place.startServer(example)
  } else {
    compare(t, example, await place.run('bash', ['-euo', 'pipefail', '-c', place.here(text)]))
  }
}

function compare(t: Test, example: Example, { code, out, err }: Ran): void {
  const name = nameOf(example)
  t.equal(code, 0, `${name}: ${code === 0 ? 'exit 0' : (err + out).slice(-600)}`)
  const missing = missingIn(out, example)
  t.equal(missing, undefined, missing === undefined ? name : `${name}: got ${out.slice(0, 2_000)}`)
}
