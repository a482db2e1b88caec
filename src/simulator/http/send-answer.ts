/** Sends an answer, whole or as a fault requires. */
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

/** Resolves with the status that was sent; 0 if the answer is incomplete. */
export async function sendAnswer(response: ServerResponse, sending: Sending): Promise<number> {
  const { answer, fault } = sending
  if (fault !== undefined && fault.kind !== 'status') {
    return (await senders[fault.kind](response, sending)) ?? 0
  }
  await sendHeadersEarly(response, sending)
  return sendWhole(response, answer)
}

type FaultySender = (
  response: ServerResponse,
  sending: Sending,
) => void | number | Promise<void | number>

const reset: FaultySender = (response) => {
  response.socket?.resetAndDestroy()
}

const hang: FaultySender = () => {}

/** By the kind of the fault. They return the status if the whole answer is sent. */
const senders: Readonly<Record<Exclude<Fault['kind'], 'status'>, FaultySender>> = {
  reset,
  'execute-then-reset': reset,
  hang,
  'execute-then-hang': hang,
  'change-late': hang,
  garbage(response) {
    response.socket?.end(Buffer.from('\u0016\u0003\u0001 this is not HTTP\r\n\r\n', 'latin1'))
  },
  'hang-mid-body': (response, { answer }) => sendHalf(response, answer),
  async 'reset-mid-body'(response, { answer }) {
    // The first half may be lost with the reset: TCP promises no more.
    await sendHalf(response, answer)
    response.socket?.resetAndDestroy()
  },
  async truncated(response, { answer }) {
    await sendHalf(response, answer)
    response.socket?.end()
  },
  'slow-body': sendSlowly,
  async delay(response, sending) {
    await sending.clock.wait(delayOf(sending), sending.signal)
    return sendWhole(response, sending.answer)
  },
  'wrong-content-type': (response, { answer }) =>
    sendWhole(response, { ...answer, headers: { ...answer.headers, 'content-type': 'text/html' } }),
}

function delayOf({ fault }: Sending): number {
  return fault !== undefined && 'delayMs' in fault ? fault.delayMs : 0
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

async function sendSlowly(response: ServerResponse, sending: Sending): Promise<number> {
  const { answer, signal, clock } = sending
  writeHead(response, answer)
  response.flushHeaders()
  const size = Math.max(1, Math.ceil(answer.body.length / slowChunks))
  for (let at = 0; at < answer.body.length; at += size) {
    await clock.wait(delayOf(sending), signal)
    response.write(answer.body.subarray(at, at + size))
  }
  response.end()
  return answer.status
}
