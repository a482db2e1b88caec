/** What tests run from: everything of ours as plain JavaScript in .build, with source maps. */

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { build } from 'esbuild'

export const BUILD_DIR = '.build'
const FOLDERS = ['src', 'test', 'bench', 'scripts']

/** The files of ours below a folder, with slashes, in order. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .toSorted()
}

/** One file for each of ours, types taken away and not looked at: `npm run check:types` does that. */
export async function compile(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: FOLDERS.flatMap(filesBelow).filter((name) => name.endsWith('.ts')),
    outdir: BUILD_DIR,
    outbase: '.',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    write: false,
  })
  // src reads its version there.
  const manifest = { path: `${BUILD_DIR}/package.json`, contents: readFileSync('package.json') }
  // What is as it was is left alone: another run may be reading it.
  for (const { path, contents } of [...outputFiles, manifest]) {
    if (contentsOf(path)?.equals(contents) === true) continue
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, contents)
  }
}

function contentsOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
