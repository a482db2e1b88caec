/** The HTTP client of the upstream. Everything outside this folder imports from here. */

export { createUpstreamDispatcher, DISPATCH_CONTEXT } from './dispatcher.js'
export type { DispatchContext, UpstreamDispatcher } from './dispatcher.js'
export { PermitVoidError, UpstreamRefusedError, UpstreamTimeoutError } from './response-handler.js'
export type { UpstreamEvents } from './response-handler.js'
export { UpstreamGarbledError } from './response-check.js'
