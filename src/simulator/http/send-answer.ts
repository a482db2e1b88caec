/** Puts an answer on the wire, whole or as a fault has it. */
import type { ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Answer } from '../api/answer.js'
import type { Fault } from '../control/faults.js'

export interface Sending {
  readonly answer: Answer
  readonly fault: Fault | undefined
  readonly signal: AbortSignal
}

/** Resolves with the status that was answered, 0 when the answer did not get through whole. */
export async function sendAnswer(
  response: ServerResponse,
  { answer, fault, signal }: Sending,
): Promise<number> {
  switch (fault?.kind) {
    case 'reset':
    case 'execute-then-reset':
      response.socket?.resetAndDestroy()
      return 0
    case 'hang':
    case 'execute-then-hang':
      return 0
    case 'garbage':
      response.socket?.end(Buffer.from('\u0016\u0003\u0001 this is not HTTP\r\n\r\n', 'latin1'))
      return 0
    case 'hang-mid-body':
      await sendHalf(response, answer)
      return 0
    case 'reset-mid-body':
      // The first half may be lost with the reset: TCP promises no more.
      await sendHalf(response, answer)
      response.socket?.resetAndDestroy()
      return 0
    case 'truncated':
      await sendHalf(response, answer)
      response.socket?.end()
      return 0
    case 'slow-body':
      await sendSlowly(response, answer, { delayMs: fault.delayMs, signal })
      return answer.status
    case 'delay':
      await wait(fault.delayMs, undefined, { signal })
      return sendWhole(response, answer)
    case 'wrong-content-type':
      return sendWhole(response, {
        ...answer,
        headers: { ...answer.headers, 'content-type': 'text/html' },
      })
    case 'status':
    case undefined:
      return sendWhole(response, answer)
    default:
      fault satisfies never
      return 0
  }
}

function writeHead(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': body.length })
}

function sendWhole(response: ServerResponse, answer: Answer): number {
  writeHead(response, answer)
  response.end(answer.body)
  return answer.status
}

/** Resolves when the half is handed over or the connection is gone. */
function sendHalf(response: ServerResponse, answer: Answer): Promise<void> {
  writeHead(response, answer)
  const half = answer.body.subarray(0, Math.ceil(answer.body.length / 2))
  return new Promise((resolve) => {
    response.once('close', resolve)
    response.write(half, () => {
      resolve()
    })
  })
}

const slowChunks = 10

async function sendSlowly(
  response: ServerResponse,
  answer: Answer,
  { delayMs, signal }: { readonly delayMs: number; readonly signal: AbortSignal },
): Promise<void> {
  writeHead(response, answer)
  response.flushHeaders()
  const size = Math.max(1, Math.ceil(answer.body.length / slowChunks))
  for (let at = 0; at < answer.body.length; at += size) {
    await wait(delayMs, undefined, { signal })
    response.write(answer.body.subarray(at, at + size))
  }
  response.end()
}
