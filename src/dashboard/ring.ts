/** The last so many of something, in the order in which they came. */

export interface Ring<T> {
  add(item: T): void
  /** Oldest first. */
  all(): readonly T[]
}

export function createRing<T>(max: number, first: Iterable<T> = []): Ring<T> {
  let items: T[] = []
  const add = (item: T): void => {
    items.push(item)
    // Cut in halves, so that a busy proxy does not move all of them for each request.
    if (items.length >= max * 2) items = items.slice(-max)
  }
  for (const item of first) add(item)
  return { add, all: () => items.slice(-max) }
}
