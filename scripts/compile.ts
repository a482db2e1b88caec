/**
 * What tests run from: everything of ours as plain JavaScript in .build, with source maps. A test and what
 * it imports are a few files, packages with them: a process that reads 900 small ones needs a second for it.
 */

import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, extname, relative } from 'node:path'
import { build } from 'esbuild'
import { noMapsOfPackages, placesBelow, sharedRoot } from './compile-plugins.js'

export const BUILD_DIR = '.build'

/** What the browser takes one by one: the dashboard's page, and what it shares with the core. */
const PAGE = ['src/dashboard/page', 'src/report']

/** Files that are started or imported by their place. */
const STARTED = [
  ...['test', 'bench', 'scripts'].flatMap(filesBelow),
  ...['main', 'workers/worker'].map((name) => `src/${name}.ts`),
  'src/limits/index.ts',
  'src/demo/main.ts',
]

/** Native, one in a process, or asked for by their place: these stay where they are. */
const PACKAGES_APART = [
  '@fastify/otel',
  '@opentelemetry/*',
  '@tapjs/*',
  'esbuild',
  'lmdb',
  'pino',
  'pino-pretty',
  'playwright-core',
  'tap',
  'typescript',
  'uplot',
]

/** The files of ours below a folder, with slashes, in order. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .toSorted()
}

/** What packages in the older format ask for Node's own modules by. */
const REQUIRE =
  'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.filename);'

/** Types are taken away and not looked at: `npm run check:types` does that. */
export async function compile(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: STARTED.filter((name) => name.endsWith('.ts')),
    outdir: BUILD_DIR,
    outbase: '.',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    bundle: true,
    splitting: true,
    sourcemap: true,
    sourcesContent: false,
    external: PACKAGES_APART,
    chunkNames: 'shared/[name]-[hash]',
    banner: { js: REQUIRE },
    plugins: [sharedRoot, placesBelow(BUILD_DIR), noMapsOfPackages],
    write: false,
  })
  const page = await build({
    entryPoints: PAGE.flatMap(filesBelow).filter((name) => name.endsWith('.ts')),
    outdir: BUILD_DIR,
    outbase: '.',
    format: 'esm',
    sourcemap: true,
    write: false,
  })
  // What is read beside the modules: the version, what the dashboard's page is made of, plain JavaScript.
  const others = ['src', 'bench'].flatMap(filesBelow).filter((name) => extname(name) !== '.ts')
  const asTheyAre = ['package.json', ...others]
    .filter((name) => statSync(name).isFile())
    .map((name) => ({ path: `${BUILD_DIR}/${name}`, contents: readFileSync(name) }))
  // What is as it was is left alone: another run may be reading it.
  for (const { path, contents } of [...outputFiles, ...page.outputFiles, ...asTheyAre]) {
    if (contentsOf(path)?.equals(contents) === true) continue
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, contents)
  }
  removeOutdated(new Set(outputFiles.map(({ path }) => relative('.', path))))
}

/** Not at once, for the same reason. */
function removeOutdated(current: ReadonlySet<string>): void {
  const outdatedMs = Date.now() - 24 * 60 * 60 * 1_000
  for (const path of filesBelow(`${BUILD_DIR}/shared`)) {
    if (!current.has(path) && statSync(path).mtimeMs < outdatedMs) rmSync(path)
  }
}

function contentsOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
