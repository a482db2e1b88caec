/** Random worlds and schedules, as plain data: the same seed gives the same ones. */
import { dialectNames, dialects, type DialectName } from '../../src/simulator/index.js'
import { createRandom, type Random } from '../../src/simulator/random.js'
import { narrowWrites, pages, reads, roleWrites, webEdits, writes, type Write } from './requests.js'

export interface World {
  readonly seed: number
  readonly dialects: readonly DialectName[]
  /** Clients send keys of the gateway instead of tokens. */
  readonly gateway: boolean
  /** Some resources have `share: account`. */
  readonly share: boolean
  /** Entries are kept on disk. */
  readonly disk: boolean
}

export type Step =
  | {
      readonly kind: 'read'
      readonly client: number
      readonly target: string
      readonly method: 'GET' | 'HEAD'
      readonly accept: 'json' | 'xml' | 'any'
      readonly cacheControl?: string
      /** Send If-None-Match if an ETag is known. */
      readonly conditional: boolean
    }
  | ({ readonly kind: 'write'; readonly client: number } & Write)
  | {
      readonly kind: 'edit'
      readonly resource: string
      readonly id: string
      readonly fields: Readonly<Record<string, string>>
    }
  /** From now on Intervals delays these requests, until `release`. */
  | {
      readonly kind: 'hold'
      readonly stage: 'answer' | 'execution'
      readonly of: 'reads' | 'writes'
    }
  | { readonly kind: 'release' }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'restart' }
  /** The next matching request fails so. */
  | { readonly kind: 'fault'; readonly fault: 'execute-then-reset' | 'reset' | 'status' }

export const clientCount = 4

/** Dialects under which the proxy may have to answer with an error of its own. */
export const dialectsWithErrors: readonly DialectName[] = ['late-writes']

export function worldOf(seed: number): World {
  const random = createRandom(seed)
  return {
    seed,
    dialects: someDialects(random),
    gateway: random.chance(0.25),
    share: random.chance(0.3),
    disk: random.chance(0.4),
  }
}

function someDialects(random: Random): readonly DialectName[] {
  const chosen: DialectName[] = []
  const options = new Set<string>()
  for (let left = random.between(0, 4); left > 0; left -= 1) {
    const name = random.pick(dialectNames)
    const own = Object.keys(dialects[name].variants)
    if (own.some((option) => options.has(option))) continue
    for (const option of own) options.add(option)
    chosen.push(name)
  }
  return chosen
}

export function scheduleOf({ seed, disk }: World, length: number): readonly Step[] {
  const random = createRandom(seed + 0x5eed)
  // Few targets, so that reads of one thing meet.
  const page = random.pick(pages)
  const targets = [...page, ...Array.from({ length: 3 }, () => random.pick(reads))]
  const steps: Step[] = []
  while (steps.length < length) {
    const kind = random.fraction()
    if (kind < 0.46) steps.push(readStep(random, targets))
    else if (kind < 0.64) steps.push(...pageSteps(random, page))
    else if (kind < 0.76) steps.push(writeStep(random))
    else if (kind < 0.78) steps.push({ kind: 'edit', ...random.pick(webEdits) })
    else if (kind < 0.87) steps.push(...heldSteps(random, targets))
    else if (kind < 0.94) steps.push({ kind: 'advance', ms: random.pick(advances) })
    else if (kind < 0.97) steps.push({ kind: 'fault', fault: random.pick(faults) })
    else if (disk) steps.push({ kind: 'restart' })
  }
  return steps
}

const advances = [50, 500, 2_100, 2_100, 31_000, 31_000, 400_000] as const
const faults = ['execute-then-reset', 'reset', 'status'] as const

function readStep(random: Random, targets: readonly string[]): Step {
  const cacheControl = random.pick(['', '', '', 'no-cache', 'max-age=60'])
  return {
    kind: 'read',
    // Mostly the administrator, so that reads meet the entries of pages.
    client: random.chance(0.5) ? 0 : random.between(1, clientCount - 1),
    target: random.pick(targets),
    method: random.chance(0.1) ? 'HEAD' : 'GET',
    accept: random.pick(['json', 'json', 'json', 'json', 'json', 'json', 'any', 'xml'] as const),
    conditional: random.chance(0.2),
    ...(cacheControl !== '' && { cacheControl }),
  }
}

/** One client, mostly the administrator, reads the whole page. */
function pageSteps(random: Random, page: readonly string[]): readonly Step[] {
  const client = random.chance(0.7) ? 0 : random.between(1, clientCount - 1)
  const plain = { kind: 'read', client, method: 'GET', accept: 'json', conditional: false } as const
  return page.map((target) => ({ ...plain, target }))
}

function writeStep(random: Random): Step {
  // Mostly the administrator, whose writes are not refused.
  const client = random.chance(0.8) ? 0 : random.between(1, clientCount - 1)
  const { body, ...write } = random.pick(writesOf(random))
  return {
    kind: 'write',
    client,
    ...write,
    ...(body !== undefined && { body: varied(random, body) }),
  }
}

function writesOf(random: Random): readonly Write[] {
  const kind = random.fraction()
  if (kind < 0.6) return narrowWrites
  return kind < 0.75 ? roleWrites : writes
}

/** Two writes of the same field rarely write the same value, or the second would prove nothing. */
function varied(random: Random, body: NonNullable<Write['body']>): NonNullable<Write['body']> {
  const number = random.between(1, 999)
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => {
      if (name === 'time' || name === 'amount') return [name, String(number / 4)]
      const isNew = typeof value === 'string' && value.startsWith('New')
      return [name, isNew ? value.replace('New', `New ${number}`) : value]
    }),
  )
}

/** Reads and writes that overlap on purpose. */
function heldSteps(random: Random, targets: readonly string[]): readonly Step[] {
  const stage = random.pick(['answer', 'execution'] as const)
  const of = random.pick(['reads', 'writes'] as const)
  const between = Array.from({ length: random.between(2, 5) }, () =>
    random.chance(0.7) ? readStep(random, targets) : writeStep(random),
  )
  return [{ kind: 'hold', stage, of }, ...between, { kind: 'release' }]
}
