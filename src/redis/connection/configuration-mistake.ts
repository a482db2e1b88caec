/** Which errors of a connection are mistakes in store.redis: waiting changes nothing about them. */

const REFUSED_LOGIN = /^(?:WRONGPASS|NOAUTH|NOPERM)\b/u
const NOT_REDIS = /Unknown RESP type|^ERR unknown command/u
/** Causes of causes are looked at so far down. */
const MAX_DEPTH = 5

/** What to correct; undefined for an error that may pass, such as a server that is not up yet. */
export function mistakeIn(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > MAX_DEPTH) return undefined
  // Of several servers, one that works is enough.
  if (error instanceof AggregateError && error.errors.length > 0) {
    const found = error.errors.map((one) => mistakeIn(one, depth + 1))
    return found.every((one) => one !== undefined) ? found[0] : undefined
  }
  if (REFUSED_LOGIN.test(error.message)) {
    const [word = ''] = error.message.split(' ', 1)
    return `Redis refuses the user or the password in store.redis (${word}): correct it, as docs/replicas.md says`
  }
  if (NOT_REDIS.test(error.message)) {
    return 'the server that store.redis names does not speak the protocol of Redis: correct the host and the port'
  }
  return mistakeIn(error.cause, depth + 1)
}
