/** The client disconnected while its request waited. No call was spent, and no answer is needed. */
export class AbandonedError extends Error {
  readonly code = 'ABANDONED'
}
