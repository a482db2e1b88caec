/**
 * Certificates are replaced while the proxy runs: by a rename, by a symlink further up that points
 * elsewhere (Kubernetes), or written in place. A watch of the file system misses one or the other of
 * these, and some file systems have none; two small files that are read now and then tell it always.
 */

import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { tlsProblem, validUntilMs } from '../../../config/tls-pair.js'
import type { TlsPair } from '../../../config/tls-pair.js'

/** Paths of the two files. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

export interface KeepCurrentOptions {
  readonly files: TlsFiles
  /** What is in use at the start. */
  readonly pair: TlsPair
  /** Called with each new pair that can be used. */
  readonly use: (pair: TlsPair) => void
  readonly log: {
    readonly info: (message: string) => void
    readonly error: (message: string) => void
  }
  /** Epoch milliseconds. */
  readonly wallMs: () => number
  /** Default 2 s. */
  readonly everyMs?: number
  /** Default: from the disk, up to `MAX_PEM_BYTES`. */
  readonly read?: (path: string) => Promise<string>
}

export interface KeptCurrent {
  /** Looks at the files now; resolves when that is done. Never rejects. */
  check(): Promise<void>
  close(): void
}

const EVERY_MS = 2_000
/** A chain with its key has some 10 KB. */
export const MAX_PEM_BYTES = 1_048_576

export function keepCurrent(options: KeepCurrentOptions): KeptCurrent {
  const { files, use, log, wallMs, everyMs = EVERY_MS, read = readPem } = options
  let current = fingerprint(options.pair)
  let [seen, complained] = ['', '']
  let isClosed = false
  let running: Promise<void> | undefined

  async function look(): Promise<void> {
    const found = await readPair(files, read)
    if (isClosed) return
    const print = fingerprint(found)
    // Twice the same before it counts: between two files that are written one after the other there
    // is a time when they do not belong together.
    const isSettled = print === seen
    seen = print
    if (print === current) complained = ''
    if (print === current || print === complained || !isSettled) return
    const problem = 'problem' in found ? found.problem : tlsProblem(found)
    if ('problem' in found || problem !== undefined) {
      complained = print
      log.error(
        `the new certificate is not used, the old one stays: ${problem}. Put a certificate and its key into ${files.cert} and ${files.key}; no restart is needed`,
      )
      return
    }
    use(found)
    current = print
    complained = ''
    log.info(`the certificate was replaced; ${validity(found.cert, wallMs())}`)
  }

  const check = async (): Promise<void> => {
    running ??= look()
      .catch((error: unknown) =>
        log.error(`the new certificate could not be used: ${reason(error)}`),
      )
      .finally(() => (running = undefined))
    return running
  }
  const timer = setInterval(() => void check(), everyMs)
  timer.unref()
  return {
    check,
    close() {
      isClosed = true
      clearInterval(timer)
    },
  }
}

/** `it is valid until 2027-01-31`, for the log. */
export function validity(cert: string, nowMs: number): string {
  const untilMs = validUntilMs(cert)
  if (untilMs === undefined) return 'it cannot be read'
  const day = new Date(untilMs).toISOString().slice(0, 10)
  return untilMs < nowMs
    ? `it ended on ${day}, and clients will refuse it: replace server.tls.cert and server.tls.key`
    : `it is valid until ${day}`
}

async function readPair(
  { cert, key }: TlsFiles,
  read: (path: string) => Promise<string>,
): Promise<TlsPair | { problem: string }> {
  try {
    const [certPem, keyPem] = await Promise.all([read(cert), read(key)])
    return { cert: certPem, key: keyPem }
  } catch (error) {
    return { problem: reason(error) }
  }
}

async function readPem(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.alloc(MAX_PEM_BYTES)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, MAX_PEM_BYTES - length, length)
      if (bytesRead === 0) return buffer.toString('latin1', 0, length)
      length += bytesRead
      if (length === MAX_PEM_BYTES) throw new Error(`${path} is longer than a certificate can be`)
    }
  } finally {
    await file.close()
  }
}

const fingerprint = (found: TlsPair | { problem: string }): string =>
  createHash('sha256')
    .update(JSON.stringify('problem' in found ? found.problem : [found.cert, found.key]))
    .digest('base64')

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))
