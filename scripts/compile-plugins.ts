/** What esbuild has to be told about modules that are put together into files with others. */

import { readFileSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'

const IMPORT_META = /(?<=[( ])import\.meta(?=\.url|\))/
const OURS = /[\\/](?:src|test|bench|scripts)[\\/][^.].*\.ts$/

/** A module stands in a file with others, but has its place below `directory` as if it were alone. */
export const placesBelow = (directory: string): Plugin => ({
  name: 'our-places',
  setup({ onLoad }) {
    onLoad({ filter: OURS }, ({ path }) => {
      if (path.includes('node_modules')) return undefined
      const text = readFileSync(path, 'utf8')
      if (!IMPORT_META.test(text)) return undefined
      const compiled = `${directory}/${relative('.', path).replace(/\.ts$/u, '.js')}`
      const url = JSON.stringify(pathToFileURL(compiled).href)
      return {
        contents: text.replaceAll(new RegExp(IMPORT_META, 'g'), `({ url: ${url} })`),
        loader: 'ts',
      }
    })
  },
})

const ROOT = resolve('test/root.ts')

/** Test files get `tap` from test/root.ts, so that several of them can share a process. */
export const sharedRoot: Plugin = {
  name: 'shared-root',
  setup({ onResolve }) {
    onResolve({ filter: /^tap$/ }, ({ importer }) => {
      const isTest = importer !== ROOT && importer.startsWith(`${dirname(ROOT)}${sep}`)
      return isTest ? { path: ROOT } : { path: 'tap', external: true }
    })
  },
}

const EMPTY_MAP = `data:application/json,${encodeURIComponent('{"version":3,"sources":[""],"mappings":"A"}')}`

/** Node reads the map of a file with the file; those of packages nobody looks at. */
export const noMapsOfPackages: Plugin = {
  name: 'no-maps-of-packages',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules.*\.[cm]?js$/ }, ({ path }) => ({
      contents: `${readFileSync(path, 'utf8')}\n//# sourceMappingURL=${EMPTY_MAP}`,
      loader: 'default',
    }))
  },
}
