// Loaded into the proxy before its own code: says how much it holds, after a garbage collection.
process.on('message', () => {
  globalThis.gc?.()
  const { heapUsed, rss, external } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo().length
  process.send?.({ heapBytes: heapUsed, rssBytes: rss, externalBytes: external, resources })
})
// The line to the benchmark is no reason to stay alive.
process.channel?.unref()
