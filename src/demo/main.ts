/**
 * `npm run demo`: a simulated Intervals, the proxy, and three programs that call it.
 *
 *     npm run demo              plays, then stays up until Ctrl-C
 *     npm run demo -- --once    plays, then ends: 0 if all adds up, 1 if not
 */

import { once } from 'node:events'
import { burst, coldStart, hits, write } from './demo-acts.js'
import { createConsumer } from './consumer.js'
import { createOut, tallyLines } from './print.js'
import { LIMIT, openStage } from './stage.js'
import type { Stage } from './stage.js'
import { complaintsAbout, tallyOf } from './demo-tally.js'

const USAGE = 'usage: npm run demo [-- --once]'

/** Tokens of the simulator's larger account: an administrator and a manager. */
const ADMINISTRATOR = 'agencyadm01'
const MANAGER = 'agencymgr01'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

// Piped into a program that has read enough, such as head.
process.stdout.once('error', () => process.exit())

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    print(USAGE)
    return 0
  }
  if (args.some((arg) => arg !== '--once')) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const stage = await openStage()
  try {
    const isRight = await play(stage)
    if (!args.includes('--once')) await stayUp(stage)
    return isRight ? 0 : 1
  } finally {
    await stage.close()
  }
}

async function play(stage: Stage): Promise<boolean> {
  const { proxyUrl, simulator } = stage
  const limit = `${LIMIT.max} requests per ${LIMIT.windowMs / 1_000} s`
  print(`proxy      ${proxyUrl}/   dashboard: ${proxyUrl}/-/`)
  print(`Intervals  ${simulator.url}   simulated; its journal: ${simulator.url}-simulator/journal`)
  print(`limit      ${limit}, instead of 100 per 60 s, to be quick`)

  const cast = {
    dashboard: createConsumer(proxyUrl, { name: 'dashboard', token: ADMINISTRATOR }),
    reports: createConsumer(proxyUrl, { name: 'reports', token: ADMINISTRATOR }),
    timesheet: createConsumer(proxyUrl, { name: 'timesheet', token: MANAGER }),
  }
  const out = createOut(print)
  const scene = { stage, cast, out }
  await coldStart(scene)
  await hits(scene)
  const isSeen = await write(scene)
  await burst(scene)

  out.title('The sum: what the consumers were told, and what Intervals wrote down')
  const tally = tallyOf(Object.values(cast), simulator)
  out.lines(tallyLines(tally, LIMIT))
  const complaints = complaintsAbout(tally, LIMIT.max)
  for (const complaint of complaints) out.line(`does not add up: ${complaint}`)
  return complaints.length === 0 && isSeen
}

async function stayUp({ proxyUrl }: Stage): Promise<void> {
  const visitor = createConsumer(proxyUrl, { name: 'visitor', token: ADMINISTRATOR })
  const { body } = await visitor.get('/client/?limit=1')
  const { client } = JSON.parse(body) as { client: readonly { id: string }[] }
  const curl = `curl -si -u ${ADMINISTRATOR}:X`
  print('')
  print(`Both stay up until Ctrl-C. Open the dashboard at ${proxyUrl}/-/ and watch it. To try:`)
  print(`  ${curl} '${proxyUrl}/project/?limit=3'`)
  print(`  ${curl} -X PUT -H 'Content-Type: application/json' \\`)
  print(`    -d '{"name":"Renamed"}' ${proxyUrl}/client/${client[0]?.id}/`)
  print(`  curl -s -u ${ADMINISTRATOR}:X '${proxyUrl}/-/explain?path=/project/?limit=3'`)
  const stop = new AbortController()
  const { signal } = stop
  await Promise.race(['SIGINT', 'SIGTERM'].map((name) => once(process, name, { signal })))
  stop.abort()
}
