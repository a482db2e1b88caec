/**
 * Whether the error is one of a failed commit of lmdb, which also rejects promises that no caller holds. Its
 * errors have the number of the operating system as their code; those of Node have a name.
 */
export const isFailedCommit = (error: unknown): boolean =>
  error instanceof Error &&
  ('commitError' in error || ('code' in error && typeof error.code === 'number'))
