/** The only door of src/cache. */

export {
  requestCacheability,
  targetCacheability,
  UNCACHEABLE_REASONS,
} from './rules/cacheability.js'
export type { Cacheability, CacheabilityRequest, UncacheableReason } from './rules/cacheability.js'
export { parseCacheControl, requestDirectives, responseDirectives } from './rules/cache-control.js'
export type { Directives, RequestDirectives, ResponseDirectives } from './rules/cache-control.js'
export { cacheStatus, CACHE_NAME, OUTCOMES } from './rules/cache-status.js'
export type { CacheStatusParameters, Outcome } from './rules/cache-status.js'
export { acceptsGzip, compressed, gzipEtag } from './stores/compression.js'
export { translateIfMatch } from './rules/if-match.js'
export type { TranslatedIfMatch } from './rules/if-match.js'
export { matchesIfNoneMatch } from './rules/conditional.js'
export { asExpired, createEntry, NEGATIVE_TTL_MS } from './stores/entry.js'
export type { NewEntry, StoredResponse } from './stores/entry.js'
export { openDisk } from './stores/disk.js'
export type { Disk } from './stores/disk.js'
export type { DiskOptions } from './stores/disk-options.js'
export type { ChangeFeed, CredentialState } from './stores/change-feed.js'
export { openDiskReader } from './stores/disk-reader.js'
export type { DiskReader, DiskReaderOptions } from './stores/disk-reader.js'
export { strongEtag } from './rules/etag.js'
export { createGenerations } from './invalidation/generations.js'
export type {
  AccountGenerations,
  Generations,
  GenerationsOptions,
  GenerationsSnapshot,
} from './invalidation/generations.js'
export { createFlights } from './coalescing.js'
export type { FlightHandle, Flights, FlightsOptions, Joined, JoinRequest } from './coalescing.js'
export { contentTypeFits, formatOf } from './rules/format.js'
export type { Format } from './rules/format.js'
export { ageSeconds, freshnessOf, ttlSeconds } from './rules/freshness.js'
export type { Freshness, FreshnessQuestion, Times } from './rules/freshness.js'
export {
  headerValues,
  OF_ONE_EXCHANGE,
  requestHeader,
  storableHeaders,
} from './rules/header-list.js'
export type { HeaderList, RequestHeaders } from './rules/header-list.js'
export * from './rfc9111/index.js'
export { cacheKey, keyHead, keyTail } from './rules/key.js'
export type { CacheKeyParts } from './rules/key.js'
export { evaluate, lookup } from './rules/evaluate.js'
export type { Lookup, LookupRequest } from './rules/evaluate.js'
export { createMemoryStore } from './stores/memory-store.js'
export type { MemoryStoreOptions } from './stores/memory-store.js'
export { resolvePolicies } from './resources/policy.js'
export type { Policies, PolicyOverrides, ResourcePolicy, Share } from './resources/policy.js'
export { basicUsername, createPrincipals } from './rules/principal.js'
export type { Principal, Principals, PrincipalsOptions } from './rules/principal.js'
export { isResourceName, RESOURCE_NAMES } from './resources/resource-name.js'
export type { ResourceName } from './resources/resource-name.js'
export { RESOURCES } from './resources/resources.js'
export type { Resource } from './resources/resources.js'
export { isStorable, UNSTORABLE_REASONS } from './rules/storable.js'
export type {
  CandidateResponse,
  Storability,
  UnstorableReason,
  UpstreamDirectives,
} from './rules/storable.js'
export { createVaryFields, varyKey } from './rules/vary-fields.js'
export type { VaryFields } from './rules/vary-fields.js'
export { createPurges } from './stores/purges.js'
export type { Purges } from './stores/purges.js'
export type { Lead, SharedFlights, SharedWrites } from './replica-ports.js'
export { isSelected } from './stores/store.js'
export type { PurgeSelection, ResponseStore, StoreUsage } from './stores/store.js'
export { AMBIGUITIES, parameterValues, parseTarget } from './resources/target.js'
export type { AmbiguousTarget, Ambiguity, Target } from './resources/target.js'
export { isWrite, invalidationScope } from './invalidation/invalidation-scope.js'
export type { InvalidationScope } from './invalidation/invalidation-scope.js'
export { createTieredStore } from './stores/tiered-store.js'
export { createWrites } from './invalidation/writes.js'
export type { SettleOptions } from './invalidation/settling.js'
export type { OpenWrite, Writes } from './invalidation/writes.js'
