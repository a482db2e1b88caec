/**
 * The dashboard. One stream of events comes in, and each part of the page shows what it knows of it:
 *
 *     stream ─► model ─► verdict, burn-down, minute, traffic, queue, tables, requests, events
 *
 * Nothing is asked of any other host, and nothing that was read becomes markup.
 */

import { createAccounts } from './account-list.js'
import { createBurnDown } from './burn-down.js'
import { createDialogs } from './dialogs.js'
import { byId, part, setText } from './dom.js'
import { showEvents } from './event-list.js'
import { span } from '../../report/human-format.js'
import { createMinute } from './minute.js'
import { advance, begin } from './model.js'
import type { Model } from './model.js'
import { createRequests } from './requests.js'
import { session } from './session.js'
import { watch } from './stream.js'
import { showQueue, showTables } from './tables.js'
import { followTheme } from './theme.js'
import { createTraffic } from './traffic-chart.js'
import { showVerdict } from './show-verdict.js'

let model: Model | undefined
const accounts = createAccounts(() => show())
const burnDown = createBurnDown()
const minute = createMinute()
const traffic = createTraffic(() => show())
const requests = createRequests()
const dialogs = createDialogs()

function show(): void {
  if (model === undefined) return
  const { status, nowMs } = model
  byId('main').hidden = false
  byId('login').hidden = true
  showVerdict(status, nowMs)
  const day = accounts.show(model)
  if (day !== undefined) burnDown.show(model, day)
  minute.show(model)
  traffic.show(model)
  showTables(model, traffic.range())
  showQueue(model)
  requests.show(model)
  showEvents(model)
  dialogs.show(model)
  setText(byId('upstream'), `to ${status.upstream.url.replace(/^https?:\/\/|\/$/gu, '')}`)
  setText(byId('foot'), footOf(model))
}

function footOf({ status, keptIn, isReplica }: Model): string {
  const kept =
    keptIn === 'disk'
      ? 'The history is kept on disk: minutes for 26 hours, hours for 35 days.'
      : 'The history is in memory and begins anew with the process.'
  const replica = isReplica
    ? ' Budgets are those of all replicas; requests and history are those of this one.'
    : ''
  return `Version ${status.version}, up ${span(status.uptimeSeconds * 1_000)}. Times are UTC. ${kept}${replica}`
}

function start(): void {
  void watch({
    hello(hello) {
      model = begin(hello)
      show()
    },
    tick(tick) {
      if (model === undefined) return
      model = advance(model, tick)
      if (!document.hidden) show()
    },
    state(state) {
      const connection = byId('connection')
      connection.dataset['state'] = state
      setText(connection, state === 'lost' ? 'connection lost' : state)
    },
    refused,
  })
}

function refused(why: string): void {
  const wasGiven = session.token() !== null
  session.signOut()
  byId('main').hidden = true
  byId('login').hidden = false
  byId('connection').hidden = true
  if (why !== 'token') {
    byId('login-form').hidden = true
    setText(byId('login-why'), why)
  } else if (wasGiven)
    setText(byId('login-why'), 'That is not the token. It is the value of server.adminToken.')
  byId('token').focus()
}

byId('login-form').addEventListener('submit', (event) => {
  event.preventDefault()
  const field = part('token', HTMLInputElement)
  session.signIn(field.value.trim())
  field.value = ''
  byId('connection').hidden = false
  start()
})
document.addEventListener('visibilitychange', () => show())
followTheme(() => {
  burnDown.repaint()
  traffic.repaint()
})
start()
