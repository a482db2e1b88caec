// For HEALTHCHECK: the image has no curl. Exit 0 if the proxy in this container answers /-/livez.
const port = process.env.INTERVALS_PROXY_PORT ?? '8080'
const signal = AbortSignal.timeout(4_000)
fetch(`http://127.0.0.1:${port}/-/livez`, { signal }).then(
  ({ ok }) => process.exit(ok ? 0 : 1),
  () => process.exit(1),
)
