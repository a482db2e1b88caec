/** Cannot start, for a reason that the message explains. Exit code 1. */
export class StartRefusedError extends Error {
  readonly code = 'START_REFUSED'
}
