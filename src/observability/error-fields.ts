/**
 * The fields of an error that are logged. Only these, because errors of libraries carry options, headers or
 * bytes that could not be parsed.
 */

/** The depth of causes and of members of an AggregateError. */
const MAX_DEPTH = 4
const MAX_MEMBERS = 4

export interface ErrorFields {
  readonly type: string
  readonly message: string
  readonly stack?: string
  readonly code?: string | number
  readonly cause?: ErrorFields
  readonly errors?: readonly ErrorFields[]
}

export function errorFields(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' }
  const { name, message, stack, cause } = error
  const { code } = error as { code?: unknown }
  const members = error instanceof AggregateError ? (error.errors as readonly unknown[]) : []
  const isDeeper = depth < MAX_DEPTH
  return {
    type: name,
    message,
    ...(stack !== undefined && { stack }),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(cause !== undefined && isDeeper && { cause: errorFields(cause, depth + 1) }),
    ...(members.length > 0 &&
      isDeeper && {
        errors: members.slice(0, MAX_MEMBERS).map((member) => errorFields(member, depth + 1)),
      }),
  }
}
