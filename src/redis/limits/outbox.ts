/**
 * What Redis has to be told though nobody waits for it: at once and in order, and once more after a
 * reconnection. Each message may be carried out twice, if the first answer was lost; the script allows for
 * that. Too old to matter, a message is dropped: a permit's worst case is over, and what was told late
 * would only take another's slot.
 */

import type { Clock } from '../../limits/ledger/types.js'

export type Message = { readonly op: string } & Record<string, unknown>

export interface Outbox {
  /** Sends it now if it `maySend`, or else with the next `sendAll`. */
  add(message: Message, maySend: boolean): void
  /** Sends what is not on its way. Resolves when all that is has been answered or has failed. */
  sendAll(): Promise<void>
  size(): number
}

interface Note {
  readonly message: Message
  readonly sinceMs: number
  sending: Promise<void> | undefined
}

/** Past it the oldest are dropped, which is the safe side of a permit. */
const MAX_NOTES = 5_000

export function createOutbox(options: {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly maxAgeMs: number
  readonly send: (message: Message) => Promise<unknown>
  readonly onTold: () => void
}): Outbox {
  const { clock, maxAgeMs, send, onTold } = options
  const notes = new Set<Note>()

  function sendNote(note: Note): void {
    if (note.sending !== undefined) return
    if (clock.monotonicMs() - note.sinceMs >= maxAgeMs) {
      notes.delete(note)
      return
    }
    note.sending = send(note.message).then(
      () => {
        notes.delete(note)
        onTold()
      },
      () => {
        note.sending = undefined
      },
    )
  }

  return {
    add(message, maySend) {
      const note: Note = { message, sinceMs: clock.monotonicMs(), sending: undefined }
      notes.add(note)
      for (const oldest of notes) {
        if (notes.size <= MAX_NOTES) break
        notes.delete(oldest)
      }
      if (maySend) sendNote(note)
    },
    async sendAll() {
      for (const note of notes) sendNote(note)
      await Promise.all(Array.from(notes, async ({ sending }) => sending))
    },
    size: () => notes.size,
  }
}
