/**
 * Who asks, and as whom: from what a request presents to a consumer, its account, its rights and the
 * credential that goes to the upstream in the place of its key.
 *
 * Where nobody has a key and no account lists tokens, everybody is let in with the token they send:
 * Intervals judges that. Otherwise only who is listed is let in; nothing unknown costs a call.
 */

import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Config } from '../../config/schema.js'
import { DEFAULT_ACCOUNT } from '../../config/sections/accounts-section.js'
import { presentedSecret } from './presented-secret.js'
import { rightsOf, UNLIMITED } from './rights.js'
import type { Rights } from './rights.js'

export interface Caller {
  /** The client's own key, which stands for a token; undefined: it sends a token. */
  readonly keyName?: string
  /** Name in the configuration, or in Intervals-Proxy-Consumer; undefined: known by its token only. */
  readonly name: string | undefined
  readonly account: string
  /** What goes to the upstream as Authorization. */
  readonly authorization: string | undefined
  readonly rights: Rights
  /** See `cache.floor`, milliseconds. */
  readonly floorMs: number
  /** Let in before this moment, epoch milliseconds. */
  readonly untilMs: number
}

export type Identified =
  | { readonly kind: 'caller'; readonly caller: Caller }
  /** Unknown, or known and past its last day. Nothing goes out for it. */
  | { readonly kind: 'stranger'; readonly isExpired: boolean }

export interface Gateway {
  identify(headers: IncomingHttpHeaders, nowMs: number): Identified
  /** Names of the accounts, the one that everybody shares included. */
  readonly accounts: readonly string[]
}

/** What Intervals-Proxy-Consumer may look like; anything else counts as not sent. */
const CONSUMER_NAME = /^[\w.@:/-]{1,64}$/

export function createGateway({ accounts, consumers, cache }: Config): Gateway {
  const names = Object.keys(accounts)
  const firstAccount = names[0] ?? DEFAULT_ACCOUNT
  const accountOfToken = new Map<string, string>()
  for (const [account, { tokens = [] }] of Object.entries(accounts)) {
    for (const hash of tokens) accountOfToken.set(hash, account)
  }
  const keys = new Map<string, Caller>()
  const floors = new Map<string, number>()
  for (const [name, consumer] of Object.entries(consumers)) {
    const { key, credential, expires: untilMs = Infinity, account = firstAccount } = consumer
    const floorMs = consumer.floor ?? cache.floor
    if (key === undefined || credential === undefined) {
      floors.set(name, floorMs)
      continue
    }
    const authorization = basicOf(credential)
    const rights = rightsOf(consumer)
    keys.set(key, { keyName: name, name, account, authorization, rights, floorMs, untilMs })
  }
  const isOpen = keys.size === 0 && accountOfToken.size === 0

  function passing(headers: IncomingHttpHeaders, account: string): Identified {
    const name = nameIn(headers)
    const isTaken = name !== undefined && consumers[name]?.key !== undefined
    const caller: Caller = {
      name: isTaken ? undefined : name,
      account,
      authorization: headers.authorization,
      rights: UNLIMITED,
      floorMs: (name === undefined || isTaken ? undefined : floors.get(name)) ?? cache.floor,
      untilMs: Infinity,
    }
    return { kind: 'caller', caller }
  }

  return {
    accounts: names.length === 0 ? [DEFAULT_ACCOUNT] : names,
    identify(headers, nowMs) {
      if (isOpen) return passing(headers, firstAccount)
      const secret = presentedSecret(headers.authorization)
      if (secret === undefined) return { kind: 'stranger', isExpired: false }
      // Looked up by its hash: how long that takes says nothing about the secrets that are there.
      const hash = `sha256:${createHash('sha256').update(secret).digest('hex')}`
      const caller = keys.get(hash)
      if (caller !== undefined) {
        return nowMs < caller.untilMs
          ? { kind: 'caller', caller }
          : { kind: 'stranger', isExpired: true }
      }
      const account = accountOfToken.get(hash)
      return account === undefined
        ? { kind: 'stranger', isExpired: false }
        : passing(headers, account)
    },
  }
}

function nameIn(headers: IncomingHttpHeaders): string | undefined {
  const name = headers['intervals-proxy-consumer']
  return typeof name === 'string' && CONSUMER_NAME.test(name) ? name : undefined
}

/** The password is ignored by Intervals; its own examples send an X. */
function basicOf(token: string): string {
  return `Basic ${Buffer.from(`${token}:X`).toString('base64')}`
}
