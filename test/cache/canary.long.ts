// The consumers of canary.test.ts, with ten thousand requests.

process.env['CANARY_REQUESTS'] ??= '10000'
await import('./canary.test.js')
