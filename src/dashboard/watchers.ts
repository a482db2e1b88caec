/**
 * Open dashboards: each has a stream of server-sent events, with everything first and then once a second
 * what is new. A stream that is read too slowly is ended; the page opens another one by itself.
 */

import { PassThrough } from 'node:stream'
import type { Readable } from 'node:stream'

/** Open streams. */
export const MAX_WATCHERS = 16
/** Bytes that may wait for one of them. */
export const MAX_BEHIND_BYTES = 4 * 1_048_576
const TICK_MS = 1_000
/** Ticks between two looks at the tables, which are long. */
const TICKS_PER_TABLES = 5

export interface Feed {
  /** Everything, for a stream that begins. */
  hello(): object
  /** What is new since the last tick, for all streams alike. */
  tick(options: { readonly withTables: boolean }): object
}

export interface Watchers {
  /** Undefined when there are too many. */
  open(): Readable | undefined
  size(): number
  /** Sends what is new; done every second by itself while a stream is open. */
  tick(): void
  /** Ends all streams, and takes no more. */
  close(): void
}

export function createWatchers(feed: Feed): Watchers {
  const streams = new Set<PassThrough>()
  let timer: NodeJS.Timeout | undefined
  let ticks = 0
  let isClosed = false

  function leave(stream: PassThrough): void {
    streams.delete(stream)
    if (streams.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  function tick(): void {
    if (streams.size === 0) return
    ticks++
    const news = eventText('tick', feed.tick({ withTables: ticks % TICKS_PER_TABLES === 0 }))
    for (const stream of streams) {
      if (stream.writableLength + stream.readableLength > MAX_BEHIND_BYTES) stream.destroy()
      else stream.write(news)
    }
  }

  return {
    open() {
      if (isClosed || streams.size >= MAX_WATCHERS) return undefined
      // Hello may repeat a part of the next tick: buckets, requests and events replace those of the same name.
      const stream = new PassThrough()
      stream.on('close', () => leave(stream))
      stream.on('error', () => leave(stream))
      streams.add(stream)
      stream.write(eventText('hello', feed.hello()))
      timer ??= setInterval(tick, TICK_MS).unref()
      return stream
    },
    size: () => streams.size,
    tick,
    close() {
      isClosed = true
      for (const stream of streams) stream.end()
      clearInterval(timer)
      timer = undefined
    },
  }
}

/** Line breaks in JSON are escaped, so one line of data is enough. */
const eventText = (name: string, data: object): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
