/** The files of the page, read once. Built by `npm run build`; uPlot's come from its package. */

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Asset {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const PAGE_PATH = 'dashboard/page/'
export const PAGE = `${PAGE_PATH}index.html`

/**
 * Where the browser finds files below /-/, and where they are below the compiled sources. The places
 * mirror each other, so that the page's modules import the same files in a browser and in Node.
 */
const FOLDERS = [
  [PAGE_PATH, PAGE_PATH],
  [PAGE_PATH, `${PAGE_PATH}static/`],
  ['report/', 'report/'],
] as const

/** By path below /-/; empty where the page was not built, as in a checkout that only runs its sources. */
export function readAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>()
  const compiled = compiledSources()
  if (compiled === undefined) return assets
  for (const [path, folder] of FOLDERS) {
    const directory = new URL(folder, compiled)
    for (const file of readdirSync(directory)) {
      const type = TYPES[extname(file)]
      if (type !== undefined) assets.set(path + file, asset(new URL(file, directory), type))
    }
  }
  const { resolve } = createRequire(import.meta.url)
  const ofUplot = (name: string): string => resolve(`uplot/dist/${name}`)
  assets.set(`${PAGE_PATH}uplot.js`, asset(ofUplot('uPlot.esm.js'), TYPES['.js'] ?? ''))
  assets.set(`${PAGE_PATH}uplot.css`, asset(ofUplot('uPlot.min.css'), TYPES['.css'] ?? ''))
  return assets
}

/** The folder above this one once it is compiled; for the sources, where the last build has put it. */
function compiledSources(): URL | undefined {
  return ['../', '../../dist/']
    .map((place) => new URL(place, import.meta.url))
    .find((place) => existsSync(fileURLToPath(new URL(`${PAGE_PATH}main.js`, place))))
}

function asset(file: URL | string, type: string): Asset {
  const body = readFileSync(file)
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  return { type, body, etag: `"${hash}"` }
}
