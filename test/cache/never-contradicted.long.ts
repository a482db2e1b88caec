// The schedules of never-contradicted.test.ts, fifteen thousand of them.

process.env['PROPERTY_RUNS'] ??= '15000'
await import('./never-contradicted.test.js')
