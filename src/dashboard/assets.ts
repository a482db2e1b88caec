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

/** By name; empty where the page was not built, as in a checkout that only runs its sources. */
export function readAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>()
  const directory = builtPage()
  if (directory === undefined) return assets
  for (const part of ['.', 'static']) {
    for (const file of readdirSync(new URL(`${part}/`, directory))) {
      const type = TYPES[extname(file)]
      if (type !== undefined) assets.set(file, asset(new URL(`${part}/${file}`, directory), type))
    }
  }
  const { resolve } = createRequire(import.meta.url)
  const ofUplot = (name: string): string => resolve(`uplot/dist/${name}`)
  assets.set('uplot.js', asset(ofUplot('uPlot.esm.js'), TYPES['.js'] ?? ''))
  assets.set('uplot.css', asset(ofUplot('uPlot.min.css'), TYPES['.css'] ?? ''))
  return assets
}

/** Beside this file once it is compiled; from the sources, where the last build has put it. */
function builtPage(): URL | undefined {
  const places = ['./page/', '../../dist/dashboard/page/']
  return places
    .map((place) => new URL(place, import.meta.url))
    .find((place) => existsSync(fileURLToPath(new URL('main.js', place))))
}

function asset(file: URL | string, type: string): Asset {
  const body = readFileSync(file)
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  return { type, body, etag: `"${hash}"` }
}
