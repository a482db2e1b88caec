/** A gateway with consumers behind keys: what stands in the file, and what they send. */
import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { buildTestProxy, type TestProxyOptions } from '../build.js'
import type { Ask } from '../client.js'

export const hashOf = (secret: string): string =>
  `sha256:${createHash('sha256').update(secret).digest('hex')}`

/** The key of a consumer of these tests. */
export const keyOf = (name: string): string => `key-of-${name}`

export const withKey = (name: string, request: Ask = {}): Ask => ({
  ...request,
  token: keyOf(name),
})

/** Tokens of the simulator; nothing but the upstream may ever see them. */
export const SECRETS = { AGENCY: 'agencyadm01', STUDIO: 'studioadm01' } as const

/** A consumer with a key, by default of the agency. */
export const consumer = (name: string, more: object = {}): Record<string, object> => ({
  [name]: { key: hashOf(keyOf(name)), credential: 'env:AGENCY', ...more },
})

export function buildGateway(t: Test, { settings, ...options }: TestProxyOptions) {
  return buildTestProxy(t, { ...options, settings: { secrets: SECRETS, ...settings } })
}
