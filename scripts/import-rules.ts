/**
 * Which folder of src may import which, type imports included. `scripts/check-imports.ts` enforces it;
 * the linter's `import/no-cycle` sees to it that no files import each other.
 */

export interface FolderRule {
  /** Folders and files of src, apart from its own. A folder stands for everything below it. */
  readonly may: readonly string[]
  /** npm packages. By default every dependency. */
  readonly packages?: readonly string[]
  /** Modules of Node. By default all. */
  readonly builtins?: readonly string[]
}

/** What every optional feature builds on. Nothing in it imports an optional feature. */
const CORE = [
  'cache',
  'config',
  'freshness',
  'http',
  'limits',
  'observability',
  'report',
  'server',
  'storage',
]
/** Each is installed by one line in features.ts, and imports no other. */
const OPTIONAL = ['dashboard', 'fast-path', 'idempotency', 'list-revalidation', 'redis', 'workers']

const optional: FolderRule = { may: CORE }

/** By folder or file of src; the longest name that fits a file decides. */
export const RULES: Readonly<Record<string, FolderRule>> = {
  http: { may: [], packages: [], builtins: [] },
  storage: {
    may: [],
    packages: ['lmdb'],
    builtins: ['node:crypto', 'node:fs', 'node:path', 'node:util'],
  },
  // Values in, values out: time and signals are arguments.
  cache: {
    may: ['http', 'storage'],
    packages: ['lmdb', 'lru-cache', 'typebox'],
    builtins: ['node:crypto', 'node:util', 'node:zlib'],
  },
  limits: {
    may: ['storage'],
    packages: ['bottleneck', 'lmdb', 'lru-cache', 'typebox'],
    builtins: [],
  },
  // Reads the files of earlier versions.
  'limits/journal': {
    may: ['limits', 'storage'],
    packages: ['lmdb'],
    builtins: ['node:fs'],
  },
  freshness: { may: ['cache'], packages: ['lru-cache', 'typebox'], builtins: [] },
  upstream: { may: ['http', 'limits'], packages: ['undici'] },
  // The browser loads it too.
  report: { may: [], packages: [], builtins: [] },
  config: { may: ['cache', 'freshness'] },
  observability: {
    may: [
      'cache',
      'config',
      'limits',
      'report',
      'upstream',
      'server/edge',
      'server/errors',
      'server/pipeline',
      'server/ports',
    ],
  },

  server: { may: [...CORE, 'upstream'] },
  'server/errors': { may: ['cache', 'http', 'limits', 'upstream'] },
  'server/edge': { may: ['config', 'observability', 'server/errors', 'server/start-refused.ts'] },
  'server/pipeline': {
    may: [
      'cache',
      'freshness',
      'config',
      'limits',
      'observability',
      'upstream',
      'server/authentication',
      'server/budgets',
      'server/credentials',
      'server/edge',
      'server/errors',
      'server/ports',
      'server/app-deps.ts',
      'server/runtime-config.ts',
    ],
  },

  dashboard: optional,
  // What the browser loads.
  'dashboard/page': { may: ['report'], packages: ['uplot'], builtins: [] },
  'fast-path': optional,
  idempotency: optional,
  'list-revalidation': optional,
  redis: optional,
  // A worker installs the features that answer hits.
  workers: { may: [...CORE, 'features.ts'] },
  'features.ts': { may: [...OPTIONAL, 'observability', 'server/ports'], packages: [] },

  // The simulator judges the proxy, so it shares no code with it.
  simulator: { may: [], packages: [] },
  'simulator/cli': { may: ['cli', 'config', 'simulator'] },
  cli: { may: [...CORE, 'features.ts', 'simulator', 'upstream'] },
  'main.ts': { may: ['cli'], packages: [] },
  demo: { may: ['cli', 'config', 'features.ts', 'limits', 'server', 'simulator'] },
}

/** Imports that break a rule today: `file target`. None may be added, and those that are gone go from here. */
export const KNOWN: readonly string[] = [
  'server/pipeline/assemble.ts server/admin/admission-forecast.ts',
  'server/pipeline/explain.ts server/admin/admission-forecast.ts',
]
