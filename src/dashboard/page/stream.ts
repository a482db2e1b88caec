/**
 * Server-sent events over fetch, because EventSource cannot send the admin token. Comes back by itself,
 * and begins anew with everything.
 */

import type { Hello, Tick } from './frame.js'
import { ask } from './session.js'

export interface StreamEvents {
  hello(hello: Hello): void
  tick(tick: Tick): void
  state(state: 'connecting' | 'live' | 'lost'): void
  /** Shown to nobody without a token, or not with this one. */
  refused(why: string): void
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 10_000
/** A second is what the proxy promises. */
const SILENT_MS = 8_000

export async function watch(events: StreamEvents): Promise<void> {
  let retryMs = FIRST_RETRY_MS
  for (;;) {
    const lost = new AbortController()
    try {
      events.state('connecting')
      const response = await ask('dashboard/stream', { signal: lost.signal })
      if (response.status === 401 || response.status === 403) {
        events.refused(response.status === 401 ? 'token' : await response.text())
        return
      }
      if (!response.ok || response.body === null) throw new Error(String(response.status))
      for await (const { name, data } of eventsOf(response.body, lost)) {
        retryMs = FIRST_RETRY_MS
        events.state('live')
        if (name === 'hello') events.hello(JSON.parse(data) as Hello)
        else if (name === 'tick') events.tick(JSON.parse(data) as Tick)
      }
    } catch {
      // Whatever it was: try again, a little later each time.
    }
    events.state('lost')
    await new Promise((resolve) => setTimeout(resolve, retryMs))
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
  }
}

async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  lost: AbortController,
): AsyncGenerator<{ name: string; data: string }> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream).getReader()
  let text = ''
  for (;;) {
    const silent = setTimeout(() => lost.abort(), SILENT_MS)
    const { done, value } = (await reader.read()) as { done: boolean; value?: string }
    clearTimeout(silent)
    if (done) return
    text += value ?? ''
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [first = '', second = ''] = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      yield { name: first.replace(/^event: /u, ''), data: second.replace(/^data: /u, '') }
    }
  }
}
