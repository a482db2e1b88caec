/** Bodies that are being read, or wait for their turn, are in memory: all together this many bytes. */

export interface BodyMemory {
  /** For one request; nothing is taken yet. */
  hold(): HeldBytes
  used(): number
}

export interface HeldBytes {
  /** So many more. False: there is no room, or it was released; nothing was taken. */
  take(bytes: number): boolean
  /** Gives back everything, once. */
  release(): void
}

export function createBodyMemory(maxBytes: number): BodyMemory {
  let used = 0
  return {
    used: () => used,
    hold() {
      let held = 0
      let isReleased = false
      return {
        take(bytes) {
          if (isReleased || used + bytes > maxBytes) return false
          used += bytes
          held += bytes
          return true
        },
        release() {
          used -= held
          held = 0
          isReleased = true
        },
      }
    },
  }
}
