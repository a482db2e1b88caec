/** Traces, if the environment says where to send them; otherwise nothing of OpenTelemetry is loaded. */

import type { Tracing } from '../tracing-port.js'

export async function openTracing(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Tracing | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint = '', OTEL_SDK_DISABLED: disabled } = env
  if (endpoint === '' || disabled?.toLowerCase() === 'true') return undefined
  const { createOtelTracing } = await import('./otel.js')
  return createOtelTracing({ serviceName: env['OTEL_SERVICE_NAME'] })
}
