/** Parses a request target such as `/task/13/?x=1`. */
export interface Target {
  /** Without the query. */
  readonly path: string
  readonly segments: readonly string[]
  readonly query: ReadonlyMap<string, string>
}

export function parseTarget(target: string): Target {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1))
  // Of repeated parameters the last one wins, as in PHP.
  return { path, segments: path.split('/').filter((part) => part !== ''), query: new Map(query) }
}
