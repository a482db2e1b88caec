import type { Finding } from '../../server/ports/features.js'

export type { Finding } from '../../server/ports/features.js'

export function ok(subject: string, message: string): Finding {
  return { level: 'ok', subject, message }
}

export function warn(subject: string, message: string): Finding {
  return { level: 'warn', subject, message }
}

export function fail(subject: string, message: string): Finding {
  return { level: 'fail', subject, message }
}
