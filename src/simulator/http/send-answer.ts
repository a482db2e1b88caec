/** Puts an answer on the wire, whole or as a fault has it. */
import type { ServerResponse } from 'node:http'
import type { Answer } from '../api/answer.js'
import type { Fault } from '../control/faults.js'
import type { SimulatorSettings } from '../options.js'

export interface Sending {
  readonly answer: Answer
  readonly fault: Fault | undefined
  readonly signal: AbortSignal
  /** The headers are sent at once, the body not before this time. */
  readonly bodyAtMs: number | undefined
  readonly clock: Pick<SimulatorSettings, 'monotonicNow' | 'wait'>
}

/** Resolves with the status that was answered, 0 when the answer did not get through whole. */
export async function sendAnswer(response: ServerResponse, sending: Sending): Promise<number> {
  const { answer, fault, signal, clock } = sending
  switch (fault?.kind) {
    case 'reset':
    case 'execute-then-reset':
      response.socket?.resetAndDestroy()
      return 0
    case 'hang':
    case 'execute-then-hang':
    case 'change-late':
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
      await sendSlowly(response, fault.delayMs, sending)
      return answer.status
    case 'delay':
      await clock.wait(fault.delayMs, signal)
      return sendWhole(response, answer)
    case 'wrong-content-type':
      return sendWhole(response, {
        ...answer,
        headers: { ...answer.headers, 'content-type': 'text/html' },
      })
    case 'status':
    case undefined:
      await sendHeadersEarly(response, sending)
      return sendWhole(response, answer)
    default:
      fault satisfies never
      return 0
  }
}

/** No-op for answers that are sent whole. */
async function sendHeadersEarly(
  response: ServerResponse,
  { answer, bodyAtMs, signal, clock }: Sending,
): Promise<void> {
  const leftMs = (): number => (bodyAtMs ?? 0) - clock.monotonicNow()
  if (bodyAtMs === undefined || leftMs() <= 0) return
  writeHead(response, answer)
  response.flushHeaders()
  // A timer may fire early by this clock.
  while (leftMs() > 0) await clock.wait(Math.ceil(leftMs()), signal)
}

function writeHead(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.headersSent) return
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
  delayMs: number,
  { answer, signal, clock }: Sending,
): Promise<void> {
  writeHead(response, answer)
  response.flushHeaders()
  const size = Math.max(1, Math.ceil(answer.body.length / slowChunks))
  for (let at = 0; at < answer.body.length; at += size) {
    await clock.wait(delayMs, signal)
    response.write(answer.body.subarray(at, at + size))
  }
  response.end()
}
