import { fileURLToPath } from 'node:url'
import t from 'tap'
import {
  brokenRules,
  importsBelow,
  importsOf,
  wrongDependencies,
  type Import,
} from '../../scripts/check-imports.js'
import { KNOWN, RULES } from '../../scripts/import-rules.js'
import { inProject } from '../project.js'

const rules = {
  core: { may: ['http'], packages: ['lmdb'], builtins: ['node:zlib'] },
  'core/pure': { may: [], packages: [], builtins: [] },
  http: { may: [] },
  feature: { may: ['core', 'main.ts'] },
  'main.ts': { may: ['feature'] },
}
const broken = (imports: readonly Import[], known: readonly string[] = []) =>
  brokenRules(imports, { rules, known })

t.test('every way to import is found, type imports too, and comments are none', async (t) => {
  const text = `
    import { a } from './a.js'
    import type { B } from '../other/b.js'
    import './c.js'
    export * from './d.js'
    export type { E } from './e.js'
    type F = typeof import('./f.js')
    const g = await import('./g.js')
    import { h } from 'node:zlib'
    import i from '@scope/name/part'
    //import { j } from './j.js'
    const k = "import { k } from './k.js'"
  `
  t.same(
    importsOf('core/x.ts', text).map(({ target }) => target),
    [
      'core/a.ts',
      'other/b.ts',
      'core/c.ts',
      'core/d.ts',
      'core/e.ts',
      'core/f.ts',
      'core/g.ts',
      'node:zlib',
      '@scope/name/part',
    ],
  )
})

t.test('what a rule names may be imported, and nothing else', async (t) => {
  const allowed: readonly (readonly [string, string])[] = [
    ['core/a.ts', 'core/b.ts'],
    ['core/a.ts', 'core/pure/b.ts'],
    ['core/a.ts', 'http/date.ts'],
    ['core/a.ts', 'lmdb'],
    ['core/a.ts', 'node:zlib'],
    ['core/pure/a.ts', 'core/pure/b.ts'],
    ['http/date.ts', 'anything'],
    ['feature/a.ts', 'core/pure/b.ts'],
    ['feature/a.ts', 'main.ts'],
  ]
  for (const [file, target] of allowed) t.same(broken([{ file, target }]), [], `${file} ${target}`)
  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['core/a.ts', 'feature/b.ts', /core\/a\.ts imports feature\/b\.ts.* core may import only http/],
    ['core/a.ts', 'core2/b.ts', /may import only http/],
    ['core/a.ts', 'fastify', /may import only lmdb/],
    ['core/a.ts', 'lmdb-store', /may import only lmdb/],
    ['core/a.ts', 'node:process', /may import only node:zlib/],
    ['core/pure/a.ts', 'core/b.ts', /core\/pure may import only itself/],
    ['core/pure/a.ts', 'lmdb', /only no package/],
    ['elsewhere/a.ts', 'core/b.ts', /elsewhere\/a\.ts is in no folder/],
  ]
  for (const [file, target, message] of refused) {
    const problems = broken([{ file, target }])
    t.equal(problems.length, 1, `${file} ${target}`)
    t.match(problems[0], message)
  }
})

t.test('a known breach passes until it is gone', async (t) => {
  const imports = [{ file: 'core/a.ts', target: 'feature/b.ts' }]
  t.same(broken(imports, ['core/a.ts feature/b.ts']), [])
  t.match(broken([], ['core/a.ts feature/b.ts']), [/breaks no rule any more: remove it/])
})

t.test('dependencies are declared, and declared ones are imported', async (t) => {
  const imports = [
    { file: 'a.ts', target: '@scope/name/part' },
    { file: 'a.ts', target: 'node:fs' },
    { file: 'a.ts', target: 'b.ts' },
  ]
  t.same(wrongDependencies(imports, ['@scope/name']), [])
  t.match(wrongDependencies(imports, ['unused']), [
    'unused is declared, not imported',
    /^@scope\/name is imported, but/,
  ])
})

t.test('src keeps its rules, and there is something to keep', async (t) => {
  const imports = importsBelow(fileURLToPath(inProject('src')))
  t.ok(imports.length > 1_000, `${imports.length} imports`)
  t.same(brokenRules(imports, { rules: RULES, known: KNOWN }), [])
  const folders = new Set(imports.map(({ file }) => file.split('/', 1)[0]))
  for (const name of Object.keys(RULES)) {
    t.ok(folders.has(name.split('/', 1)[0]), `${name} is a folder or file of src`)
  }
  const reversed = { file: 'cache/index.ts', target: 'server/app.ts' }
  t.match(brokenRules([...imports, reversed], { rules: RULES, known: KNOWN }), [/cache may import/])
})
