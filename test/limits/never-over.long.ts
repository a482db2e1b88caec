// The schedules of never-over.test.ts, ten thousand of them.

process.env['PROPERTY_RUNS'] ??= '10000'
await import('./never-over.test.js')
