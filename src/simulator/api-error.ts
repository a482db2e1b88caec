/** Intervals' error codes and the HTTP status of each. Source: www.myintervals.com/api/errors.php */
export const apiErrors = {
  1: { status: 500, message: 'An unknown error occurred' },
  2: { status: 401, message: 'The customer account could not be found' },
  3: { status: 401, message: 'The customer account is inactive' },
  4: { status: 503, message: 'The customer account is suspended' },
  5: { status: 418, message: 'The customer account is banned' },
  6: { status: 402, message: 'The account is inactive for non-payment' },
  7: { status: 401, message: 'The user could not be found' },
  8: { status: 401, message: 'The user is not active' },
  9: { status: 401, message: 'Invalid authentication' },
  10: { status: 403, message: 'This user is not permitted to do that' },
  11: { status: 400, message: 'The maximum number of daily API requests was exceeded' },
  12: { status: 400, message: 'Requests were sent too fast' },
  13: { status: 400, message: 'The resource type does not exist' },
  14: { status: 404, message: 'The resource could not be found' },
  15: { status: 400, message: 'The action is not available' },
  16: { status: 400, message: 'The HTTP method is not available' },
  17: { status: 400, message: 'A parameter was not recognised' },
  18: { status: 400, message: 'Validation error' },
  19: { status: 500, message: 'Database error' },
  20: { status: 502, message: 'The service is offline' },
} as const satisfies Record<number, { status: number; message: string }>

export type ApiCode = keyof typeof apiErrors

export function isApiCode(code: number): code is ApiCode {
  return Object.hasOwn(apiErrors, code)
}

/** A refusal, which becomes an error body. */
export class ApiError extends Error {
  readonly apiCode: ApiCode
  readonly status: number
  /** The reason for `verbose.value`. */
  readonly detail: string | undefined

  constructor(apiCode: ApiCode, detail?: string) {
    super(apiErrors[apiCode].message)
    this.name = 'ApiError'
    this.apiCode = apiCode
    this.status = apiErrors[apiCode].status
    this.detail = detail
  }
}
