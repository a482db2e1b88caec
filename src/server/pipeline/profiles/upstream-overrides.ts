/**
 * Which resources are stored although the upstream's headers forbid it; see `cache.upstreamDirectives`.
 * Without a sign of it, an operator could neither trust nor explain these hits.
 */

import type { ResourceName } from '../../../cache/index.js'

export interface UpstreamOverrides {
  /** A response of this resource is stored against these directives. */
  note(resource: ResourceName, directives: readonly string[]): void
  /** The directives of the first such response of a resource. */
  of(resource: ResourceName): readonly string[] | undefined
  /** Undefined: none so far. */
  usage(): OverrideUsage | undefined
}

export interface OverrideUsage {
  /** When it happened first, epoch milliseconds. */
  readonly sinceMs: number
  readonly resources: readonly ResourceName[]
  readonly directives: readonly string[]
}

/** `onFirst`: called once, for the log. */
export function createUpstreamOverrides(
  wallMs: () => number,
  onFirst: (resource: ResourceName, directives: readonly string[]) => void,
): UpstreamOverrides {
  const byResource = new Map<ResourceName, readonly string[]>()
  let sinceMs: number | undefined
  return {
    of: (resource) => byResource.get(resource),
    note(resource, directives) {
      if (byResource.has(resource)) return
      byResource.set(resource, directives)
      if (sinceMs !== undefined) return
      sinceMs = wallMs()
      onFirst(resource, directives)
    },
    usage: () =>
      sinceMs === undefined
        ? undefined
        : {
            sinceMs,
            resources: [...byResource.keys()],
            directives: [...new Set([...byResource.values()].flat())],
          },
  }
}
