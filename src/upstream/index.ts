/** The HTTP client of the upstream. Everything outside this folder imports from here. */

export { createUpstreamDispatcher, DISPATCH_CONTEXT } from './dispatcher.js'
export type { DispatchContext, UpstreamDispatcher } from './dispatcher.js'
export {
  classifyFailure,
  NotSentError,
  GatewayRefusedError,
  PermitVoidError,
  UpstreamGarbledError,
  UpstreamRefusedError,
  UpstreamTimeoutError,
} from './errors.js'
export type { CallFailure } from './errors.js'
export { createTunnels, ProxyTunnelError } from './tunnel.js'
export type { UpstreamEvents } from './response-handler.js'
