// One decision: `forecast` says what `admit` then does, whatever state the limits are in.

import t from 'tap'
import type { Test } from 'tap'
import { accountScope, NO_SHARES, WINDOW_SCOPE } from '../../src/limits/index.js'
import type { AdmissionRequest } from '../../src/limits/index.js'
import { defaultQueue } from './default-queue.js'
import { pass } from './virtual-time.js'
import type { QueueLimits } from './queue-setup.js'

type Scene = ReturnType<typeof defaultQueue>

interface State {
  readonly limits?: QueueLimits
  readonly arrange?: (scene: Scene) => unknown
  readonly request?: Partial<AdmissionRequest>
  readonly expected: string
}

const FULL = { max: 10, windowMs: 10_000, burst: 8 } as const
const spend = ({ atOnce }: Scene, count = 10, name = 'first') => atOnce(count, name)
const pause = (scope: string, holdMs: number) => (scene: Scene) =>
  scene.ledger.pause({ scope, reason: holdMs === 0 ? 'by-hand' : 'too-fast', holdMs, detail: '' })

const STATES: Readonly<Record<string, State>> = {
  idle: { expected: 'permitted' },
  'one sent before': { arrange: (scene) => spend(scene, 1), expected: 'permitted' },
  'the window is full': { limits: FULL, arrange: spend, expected: 'permitted' },
  'the window is full, no time to wait': {
    limits: FULL,
    arrange: spend,
    request: { maxWaitMs: 0 },
    expected: 'wait-too-long',
  },
  'beyond the share': {
    arrange: ({ inTurn }) => inTurn(90, 'me'),
    expected: 'permitted',
  },
  'beyond the share, no time to wait': {
    arrange: ({ inTurn }) => inTurn(90, 'me'),
    request: { maxWaitMs: 2_000 },
    expected: 'wait-too-long',
  },
  'others wait': {
    limits: FULL,
    arrange: async (scene) => {
      await spend(scene)
      void scene.atOnce(15, 'other')
    },
    expected: 'permitted',
  },
  'more urgent requests wait': {
    limits: FULL,
    arrange: async (scene) => {
      await spend(scene)
      void scene.atOnce(15, 'other', { priority: 'write' })
    },
    request: { maxWaitMs: 15_000 },
    expected: 'wait-too-long',
  },
  'the queue is full': {
    limits: { ...FULL, maxLength: 5 },
    arrange: async (scene) => {
      await spend(scene)
      void scene.atOnce(5, 'other')
    },
    expected: 'queue-full',
  },
  'the credential has too many in the queue': {
    limits: { ...FULL, maxLengthPerConsumer: 3 },
    arrange: async (scene) => {
      await spend(scene)
      void scene.atOnce(3, 'me')
    },
    expected: 'queue-full',
  },
  'in the background': { request: { priority: 'background' }, expected: 'permitted' },
  'paused by an operator': { arrange: pause(WINDOW_SCOPE, 0), expected: 'paused' },
  'the account is paused': { arrange: pause(accountScope('a'), 0), expected: 'paused' },
  'another account is paused': { arrange: pause(accountScope('b'), 0), expected: 'permitted' },
  'a pause that can be outlasted': {
    arrange: pause(WINDOW_SCOPE, 20_000),
    expected: 'permitted',
  },
  'a pause that cannot': {
    arrange: pause(WINDOW_SCOPE, 20_000),
    request: { maxWaitMs: 5_000 },
    expected: 'paused',
  },
  'paused, with others before it': {
    limits: FULL,
    arrange: async (scene) => {
      await spend(scene)
      void scene.atOnce(3, 'other', { account: 'b' })
      pause(accountScope('a'), 0)(scene)
    },
    expected: 'paused',
  },
  'the day is spent': { limits: { dayMax: 5 }, arrange: (s) => spend(s, 5), expected: 'day-spent' },
  'the day is spent, with others before it': {
    limits: { ...FULL, dayMax: 5 },
    arrange: async (scene) => {
      await spend(scene, 5)
      await scene.atOnce(5, 'filler', { chargesDay: false })
      void scene.atOnce(3, 'other', { account: 'b' })
    },
    expected: 'day-spent',
  },
  'the day is spent, for /quota/': {
    limits: { dayMax: 5 },
    arrange: (scene) => spend(scene, 5),
    request: { chargesDay: false },
    expected: 'permitted',
  },
  'the rest of the day is kept for writes': {
    limits: { dayMax: 20, sharesOf: () => ({ ...NO_SHARES, keepForWrites: 0.5 }) },
    arrange: (scene) => spend(scene, 10),
    expected: 'day-kept',
  },
  'the rest of the day is kept for writes, and it is one': {
    limits: { dayMax: 20, sharesOf: () => ({ ...NO_SHARES, keepForWrites: 0.5 }) },
    arrange: (scene) => spend(scene, 10),
    request: { priority: 'write' },
    expected: 'permitted',
  },
  'the rest of the day is kept for another consumer': {
    limits: {
      dayMax: 10,
      sharesOf: () => ({ ...NO_SHARES, consumers: new Map([['app', 0.5]]) }),
    },
    arrange: (scene) => spend(scene, 5),
    expected: 'day-kept',
  },
  'a share of the window': {
    limits: { ...FULL, minuteShares: () => new Map([['me', 0.2]]) },
    arrange: async (scene) => {
      await spend(scene)
      void scene.atOnce(50, 'other', { priority: 'write' })
    },
    request: { maxWaitMs: 15_000 },
    expected: 'permitted',
  },
}

async function sceneOf(t: Test, { limits, arrange }: State): Promise<Scene> {
  const scene = defaultQueue(t, limits)
  await arrange?.(scene)
  await pass(1)
  return scene
}

for (const [name, state] of Object.entries(STATES)) {
  t.test(name, async (t) => {
    const scene = await sceneOf(t, state)
    const request: AdmissionRequest = {
      account: 'a',
      consumer: 'me',
      priority: 'interactive',
      chargesDay: true,
      maxWaitMs: 75_000,
      ...state.request,
    }
    const before = JSON.stringify([scene.ledger.usage(), scene.queue.usage()])
    const forecast = scene.queue.forecast(request)
    t.same(scene.queue.forecast(request), forecast, 'the same when it is asked again')
    t.equal(JSON.stringify([scene.ledger.usage(), scene.queue.usage()]), before, 'nothing taken')
    const sinceMs = scene.now()
    const admission = await scene.queue.admit(request)
    t.equal(forecast.kind, admission.kind)
    t.equal(admission.kind === 'refused' ? admission.reason : admission.kind, state.expected)
    if (forecast.kind === 'refused') {
      t.equal(admission.kind === 'refused' ? admission.reason : '', forecast.reason)
      t.ok(scene.now() - sinceMs <= 10, 'at once')
    } else {
      const waitedMs = scene.now() - sinceMs
      // A turn in the background is paced from the one before, and a timer may fire a moment late.
      const slackMs = 700
      const isRight = Math.abs(waitedMs - forecast.waitMs) <= slackMs
      t.ok(isRight, `forecast ${forecast.waitMs} ms, waited ${waitedMs} ms`)
      t.equal(forecast.waitsFor === undefined, forecast.waitMs === 0)
    }
  })
}
