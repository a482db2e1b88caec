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

/** @throws TypeError that says what is not understood, and what would be */
export function parseBenchArguments(
  argv: readonly string[],
  known: readonly string[],
): BenchArguments {
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
      const meant = known.filter((name) => name === argument || name.startsWith(`${argument}-`))
      if (meant.length === 0) {
        throw new TypeError(`no part ${argument}; there are ${known.join(', ')}`)
      }
      parts.push(...meant)
    }
  }
  if (json === '') throw new TypeError('--json= needs the name of a file')
  return {
    parts: parts.length === 0 ? known : [...new Set(parts)],
    isQuick,
    isDocs,
    json: json ?? (isQuick ? DEFAULT_JSON.quick : DEFAULT_JSON.full),
  }
}
