import t from 'tap'
import { createCredentialGate } from '../../src/limits/index.js'

t.test('closes after a refusal, longer with each in a row, and opens by itself', async (t) => {
  const gate = createCredentialGate({ firstMs: 100, longestMs: 1_000 })
  t.equal(gate.closedForMs('a', 0), undefined)
  let nowMs = 0
  for (const closedMs of [100, 200, 400, 800, 1_000, 1_000]) {
    gate.refused('a', nowMs)
    t.equal(gate.closedForMs('a', nowMs), closedMs)
    t.equal(gate.closedForMs('a', nowMs + closedMs - 1), 1)
    t.equal(gate.closedForMs('a', nowMs + closedMs), undefined)
    t.equal(gate.closedForMs('b', nowMs), undefined, 'another credential is not closed')
    nowMs += closedMs
  }
})

t.test('one that is accepted starts anew', async (t) => {
  const gate = createCredentialGate({ firstMs: 100, longestMs: 1_000 })
  gate.refused('a', 0)
  gate.refused('a', 0)
  gate.accepted('a')
  t.equal(gate.closedForMs('a', 0), undefined)
  gate.refused('a', 0)
  t.equal(gate.closedForMs('a', 0), 100)
})

t.test('thousands of refusals in a row are no number too large', async (t) => {
  const gate = createCredentialGate()
  for (let i = 0; i < 5_000; i++) gate.refused('a', 0)
  t.equal(gate.closedForMs('a', 0), 60_000)
})

t.test('remembers a bounded number of credentials, the oldest is forgotten', async (t) => {
  const gate = createCredentialGate({ maxCredentials: 100 })
  for (let i = 0; i < 10_000; i++) gate.refused(`token-${i}`, 0)
  let closed = 0
  for (let i = 0; i < 10_000; i++) if (gate.closedForMs(`token-${i}`, 0) !== undefined) closed++
  t.equal(closed, 100)
  t.equal(gate.closedForMs('token-9999', 0), 5_000)
})
