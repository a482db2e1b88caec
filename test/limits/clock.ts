import type { Clock } from '../../src/limits/index.js'

/** A clock that is moved by hand. */
export interface TestClock extends Clock {
  bootId: string | null
  monotonicMs(): number
  wallMs(): number
  advance(ms: number): void
  stepWall(ms: number): void
  reboot(bootId: string): void
}

export function testClock(wallMs = Date.parse('2026-03-10T12:00:00Z')): TestClock {
  let monotonic = 1_000_000
  let wall = wallMs
  return {
    bootId: 'boot-1',
    monotonicMs: () => monotonic,
    wallMs: () => wall,
    advance(ms) {
      monotonic += ms
      wall += ms
    },
    stepWall(ms) {
      wall += ms
    },
    reboot(bootId) {
      this.bootId = bootId
      monotonic = 5_000
    },
  }
}
