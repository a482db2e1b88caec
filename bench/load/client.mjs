// Requests over plain sockets, as a process of its own, in one of three ways (a JSON plan as argument):
//
// - rate: so many a second, at their times, whether or not earlier ones were answered. The latency
//   counts from the time at which a request was due, so that a server that stalls cannot hide it.
// - targets: one after the other, each once.
// - walk: as fast as the server can, on all connections, so many of `entries` different targets, `stride`
//   apart, so that with a prime stride each is met once before any is met again.
//
// Prints latencies as JSON, of a walk only how long it took. At a rate it keeps its core busy: a timer of
// Node is late by up to a millisecond.

import { connect } from 'node:net'

/** This process' own: while its code is compiled it holds up what it measures by some 10 ms. */
const WARM_UP_SECONDS = 1

const plan = JSON.parse(process.argv[2])
const { port, headers, connections = 1, method = 'GET' } = plan
const head = Object.entries({ host: `127.0.0.1:${port}`, ...headers })
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')
const body = method === 'GET' ? '' : '{}'
const about =
  body === '' ? '' : `content-type: application/json\r\ncontent-length: ${body.length}\r\n`
const requestFor = (target) =>
  Buffer.from(`${method} ${target} HTTP/1.1\r\n${head}${about}\r\n${body}`, 'latin1')

const latencies = []
const statuses = {}
let failures = 0

function open() {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const connection = { socket, dueMs: undefined, done: undefined, left: 0, text: '' }
  socket.on('data', (chunk) => {
    if (connection.left > 0) {
      connection.left -= chunk.length
    } else {
      connection.text += chunk.toString('latin1')
      const end = connection.text.indexOf('\r\n\r\n')
      if (end === -1) return
      const block = connection.text.slice(0, end)
      const status = block.slice(9, 12)
      statuses[status] = (statuses[status] ?? 0) + 1
      const length = status === '304' ? 0 : Number(/\ncontent-length: *(\d+)/i.exec(block)?.[1])
      if (Number.isNaN(length)) fail(new Error(`no Content-Length in ${block}`))
      connection.left = length - (connection.text.length - end - 4)
      connection.text = ''
    }
    if (connection.left > 0) return
    connection.left = 0
    const { dueMs, done } = connection
    connection.dueMs = undefined
    if (plan.walk === undefined) latencies.push(performance.now() - dueMs)
    done?.(connection)
  })
  socket.on('error', fail)
  socket.on('close', () => {
    if (connection.dueMs !== undefined) fail(new Error('closed before the answer'))
  })
  return new Promise((resolve) => socket.once('connect', () => resolve(connection)))
}

function fail(error) {
  failures++
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}

const all = await Promise.all(Array.from({ length: connections }, open))
const begunMs = performance.now()
if (plan.targets !== undefined) await inTurn(all[0], plan.targets)
else if (plan.walk !== undefined) await walk(plan.walk)
else await atRate(plan)
for (const connection of all) {
  connection.dueMs = undefined
  connection.socket.destroy()
}
const elapsedMs = performance.now() - begunMs
process.stdout.write(JSON.stringify({ latencies, elapsedMs, statuses, failures }))

async function inTurn(connection, targets) {
  for (const target of targets) {
    const request = requestFor(target)
    await new Promise((resolve) => {
      connection.done = resolve
      connection.dueMs = performance.now()
      connection.socket.write(request)
    })
  }
}

async function walk({ path, entries, stride, from, count }) {
  let next = 0
  const walkers = all.map(
    (connection) =>
      new Promise((resolve) => {
        connection.done = () => {
          if (next === count) {
            resolve()
            return
          }
          const id = ((from + next++) * stride) % entries
          connection.dueMs = 0
          connection.socket.write(requestFor(path + id))
        }
        connection.done()
      }),
  )
  await Promise.all(walkers)
}

async function atRate({ target, ratePerSecond, seconds }) {
  const request = requestFor(target)
  const idle = [...all]
  const due = []
  let answered = 0
  const send = (connection) => {
    connection.dueMs = due.shift()
    connection.socket.write(request)
  }
  for (const connection of all) {
    connection.done = () => {
      answered++
      if (due.length > 0) send(connection)
      else idle.push(connection)
    }
  }
  const unmeasured = Math.round(ratePerSecond * WARM_UP_SECONDS)
  const total = unmeasured + Math.round(ratePerSecond * seconds)
  const startMs = performance.now()
  for (let sent = 0; answered < total;) {
    const nowMs = performance.now()
    // Behind by more than the whole run: the server will never get there.
    if (nowMs - startMs > (WARM_UP_SECONDS + seconds) * 3_000) break
    while (sent < total && startMs + (sent * 1_000) / ratePerSecond <= nowMs) {
      due.push(startMs + (sent++ * 1_000) / ratePerSecond)
    }
    while (due.length > 0 && idle.length > 0) send(idle.pop())
    await new Promise((resolve) => setImmediate(resolve))
  }
  // What was given up is late by at least this much: to leave it out would make a slow server fast.
  const outstanding = all.flatMap(({ dueMs }) => (dueMs === undefined ? [] : [dueMs]))
  for (const dueMs of [...outstanding, ...due]) latencies.push(performance.now() - dueMs)
  latencies.splice(0, unmeasured)
}
