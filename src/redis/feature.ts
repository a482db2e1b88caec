/** What Redis offers to the core. */

export { checkRedis } from './doctor-redis.js'
export { openSharedState } from './replicas/shared-state.js'
