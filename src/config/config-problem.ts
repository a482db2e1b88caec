/** A mistake in the configuration, and how it reads. */

/** Where a value was written. */
export interface Origin {
  /** The path of a file, `environment`, `command line` or `default`. */
  readonly source: string
  /** As it is called there: a key of the file, a variable or a flag. */
  readonly name: string
  /** From 1; files only. */
  readonly line?: number
  /** From 1, in UTF-16 units as editors count them; files only. */
  readonly column?: number
}

/** One mistake. */
export interface Problem extends Omit<Origin, 'name'> {
  /** What it is about, as it is called in its source; empty if about the file as a whole. */
  readonly key: string
  /** The key of the setting, also where the source has another name for it; undefined if there is none. */
  readonly setting?: string
  /** What is wrong. */
  readonly message: string
  /** What would have been right. */
  readonly expected?: string
  /** The known name that reads most like `key`. */
  readonly nearest?: string
}

/** `config.yaml:12:5: limits.minut: unknown setting; did you mean limits.minute?` */
export function formatProblem(problem: Problem): string {
  const { source, line, column, key, message, nearest } = problem
  const place = line === undefined ? source : `${source}:${line}:${column ?? 1}`
  const subject = key === '' ? '' : `${key}: `
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return `${place}: ${subject}${message}${hint}`
}

/** A problem with the value of `setting` that was written at `origin`. */
export function problemAt(
  origin: Origin,
  rest: Pick<Problem, 'setting' | 'message' | 'expected' | 'nearest'>,
): Problem {
  const { name, ...place } = origin
  return { ...place, key: name, ...rest }
}
