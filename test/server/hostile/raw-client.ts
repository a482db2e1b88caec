/** A consumer made of bytes: sends what no HTTP library would, and sees what comes back as it comes. */
import { connect, type Socket } from 'node:net'
import { basic } from '../client.js'

export const AUTHORIZATION = `authorization: ${basic('agencyadm01')}`

/** A request as bytes, with a host and a credential. */
export function bytesOf(line: string, headers: readonly string[] = [], body = ''): string {
  const head = [line, 'host: proxy.example', AUTHORIZATION, 'accept: application/json', ...headers]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

export interface RawConnection {
  readonly socket: Socket
  /** Everything that has come so far. */
  received(): string
  /** Status codes of the answers so far. */
  statuses(): number[]
  isClosed(): boolean
  untilStatuses(count: number): Promise<void>
  untilClosed(): Promise<void>
}

export async function open(port: number, bytes = ''): Promise<RawConnection> {
  const chunks: Buffer[] = []
  let isClosed = false
  const socket = connect(port, '127.0.0.1')
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  socket.on('close', () => (isClosed = true))
  await new Promise<void>((resolve) => {
    socket.once('connect', () => resolve())
    socket.once('close', () => resolve())
  })
  if (bytes !== '') socket.write(Buffer.from(bytes, 'latin1'))
  const received = (): string => Buffer.concat(chunks).toString('latin1')
  const statuses = (): number[] => statusesOf(received())
  return {
    socket,
    received,
    statuses,
    isClosed: () => isClosed,
    untilStatuses: (count) => until(() => statuses().length >= count, `${count} answers`),
    untilClosed: () => until(() => isClosed, 'the end of the connection'),
  }
}

export const statusesOf = (received: string): number[] =>
  [...received.matchAll(/(?:^|\n|\})HTTP\/1\.1 (\d{3}) /gu)].map(([, status]) => Number(status))

/** Far more than it takes, also on a machine that has much else to do. */
const PATIENCE_MS = 60_000

/** Checks again until `condition` holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
