/** What a check of `doctor` found. */
export interface Finding {
  /** `warn` is worth reading; `fail` keeps the proxy from doing its work. */
  readonly level: 'ok' | 'warn' | 'fail'
  /** What was checked, in a word or two. */
  readonly subject: string
  /** The state, and what to do about it. */
  readonly message: string
}

export function ok(subject: string, message: string): Finding {
  return { level: 'ok', subject, message }
}

export function warn(subject: string, message: string): Finding {
  return { level: 'warn', subject, message }
}

export function fail(subject: string, message: string): Finding {
  return { level: 'fail', subject, message }
}
