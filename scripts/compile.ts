/** What tests run from: everything of ours as plain JavaScript in .build, with source maps. */

import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, extname } from 'node:path'
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
  // What is read beside the modules: the version, what the dashboard's page is made of, plain JavaScript.
  const others = ['src', 'bench'].flatMap(filesBelow).filter((name) => extname(name) !== '.ts')
  const asTheyAre = ['package.json', ...others]
    .filter((name) => statSync(name).isFile())
    .map((name) => ({ path: `${BUILD_DIR}/${name}`, contents: readFileSync(name) }))
  // What is as it was is left alone: another run may be reading it.
  for (const { path, contents } of [...outputFiles, ...asTheyAre]) {
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
