/** The command line of the benchmarks. */

export interface BenchArguments {
  /** Names of parts, in the order in which they run. */
  readonly parts: readonly string[]
  readonly isQuick: boolean
  /** Where the figures go; parts that were not run keep what is there. */
  readonly json: string
  /** Write the tables in docs/performance.md from the figures, and run nothing. */
  readonly isDocs: boolean
}

export const DEFAULT_JSON = { quick: 'bench/results/quick.json', full: 'bench/results/full.json' }

/** Names of parts: all that there are, and those that `--quick` runs where none is named. */
export interface KnownParts {
  readonly all: readonly string[]
  readonly quick: readonly string[]
}

/** @throws TypeError that says what is not understood, and what would be */
export function parseBenchArguments(argv: readonly string[], known: KnownParts): BenchArguments {
  const parts: string[] = []
  let [isQuick, isDocs] = [false, false]
  let json: string | undefined
  for (const argument of argv) {
    if (argument === '--quick') isQuick = true
    else if (argument === '--docs') isDocs = true
    else if (argument.startsWith('--json=')) json = argument.slice('--json='.length)
    else if (argument.startsWith('-')) {
      throw new TypeError(`${argument} is not known; there are --quick, --json=FILE and --docs`)
    } else {
      parts.push(...partsOf(argument, known.all))
    }
  }
  if (json === '') throw new TypeError('--json= needs the name of a file')
  return {
    parts: parts.length > 0 ? [...new Set(parts)] : isQuick ? known.quick : known.all,
    isQuick,
    isDocs,
    json: json ?? (isQuick ? DEFAULT_JSON.quick : DEFAULT_JSON.full),
  }
}

/** The part of this name; else all of a kind, by their first words. */
function partsOf(argument: string, all: readonly string[]): readonly string[] {
  if (all.includes(argument)) return [argument]
  const kind = all.filter((name) => name.startsWith(`${argument}-`))
  if (kind.length > 0) return kind
  throw new TypeError(`no part ${argument}; there are ${all.join(', ')}`)
}
