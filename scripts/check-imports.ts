/**
 * `npm run check:imports`: the import direction of src by import-rules.ts, and that every dependency is
 * declared and used. Type imports count like all others.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'
import { KNOWN, RULES, type FolderRule } from './import-rules.js'

export interface Import {
  /** Relative to src. */
  readonly file: string
  /** A file of src, relative to it, or the name of a package or module of Node. */
  readonly target: string
}

const isIn = (file: string, folder: string): boolean =>
  file === folder || file.startsWith(`${folder}/`)

/** Imports, exports from elsewhere, `import()` and types that name a module. */
export function importsOf(file: string, text: string): readonly Import[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => ({
    file,
    target: fileName.startsWith('.')
      ? posix.join(posix.dirname(file), fileName).replace(/\.js$/u, '.ts')
      : fileName,
  }))
}

const packageOf = (target: string): string =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/')

const isOfSrc = ({ target }: Import): boolean => target.endsWith('.ts')
const isOfNode = ({ target }: Import): boolean => target.startsWith('node:')

/** Undefined: allowed. */
function refusal(one: Import, rules: Readonly<Record<string, FolderRule>>): string | undefined {
  const { file, target } = one
  const folder = Object.keys(rules)
    .filter((name) => isIn(file, name))
    .toSorted((a, b) => b.length - a.length)[0]
  const rule = folder === undefined ? undefined : rules[folder]
  if (folder === undefined || rule === undefined)
    return `${file} is in no folder of import-rules.ts`
  if (isOfSrc(one)) {
    if (isIn(target, folder) || rule.may.some((name) => isIn(target, name))) return undefined
    return `${file} imports ${target}, but ${folder} may import only ${rule.may.join(', ') || 'itself'}`
  }
  const [allowed, name] = isOfNode(one)
    ? [rule.builtins, target]
    : [rule.packages, packageOf(target)]
  if (allowed === undefined || allowed.includes(name)) return undefined
  return `${file} imports ${target}, but ${folder} may import only ${allowed.join(', ') || 'no package'}`
}

export function brokenRules(
  imports: readonly Import[],
  { rules, known }: { rules: Readonly<Record<string, FolderRule>>; known: readonly string[] },
): readonly string[] {
  const problems: string[] = []
  const met = new Set<string>()
  for (const one of imports) {
    const problem = refusal(one, rules)
    if (problem === undefined) continue
    const name = `${one.file} ${one.target}`
    if (known.includes(name)) met.add(name)
    else problems.push(problem)
  }
  for (const name of known) {
    if (!met.has(name)) problems.push(`"${name}" breaks no rule any more: remove it from KNOWN`)
  }
  return problems
}

/** The newest version needs Node.js 22, and `overrides` of a package do not count where it is installed. */
const HELD_FOR_FASTIFY = 'light-my-request'

export function wrongDependencies(
  imports: readonly Import[],
  declared: readonly string[],
): readonly string[] {
  const packages = imports.filter((one) => !isOfSrc(one) && !isOfNode(one))
  const used = new Set(packages.map(({ target }) => packageOf(target)))
  return [
    ...declared
      .filter((name) => name !== HELD_FOR_FASTIFY && !used.has(name))
      .map((name) => `${name} is declared, not imported`),
    ...[...used]
      .filter((name) => !declared.includes(name))
      .map((name) => `${name} is imported, but no dependency in package.json`),
  ]
}

export function importsBelow(directory: string): readonly Import[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => importsOf(file, readFileSync(posix.join(directory, file), 'utf8')))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)))
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  const imports = importsBelow('src')
  const problems = [
    ...brokenRules(imports, { rules: RULES, known: KNOWN }),
    ...wrongDependencies(imports, Object.keys(dependencies)),
  ]
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  else console.log(`imports: ${imports.length} in src, each in its direction`)
}
