/** File names in the documentation and in comments are names of files that exist. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import t from 'tap'
import { inProject } from '../project.js'
import { PAGES } from './example.js'
import { readPage, tableIn } from './page.js'

/** Built from the sources, written by an example, or the reader's own. */
const NO_FILES_OF_OURS = new Set([
  'Node.js',
  'answer.json',
  'config.yaml',
  'dist/main.js',
  'intervals-proxy.yaml',
  // A module that a comment in a test makes up.
  'j.js',
  'projects.json',
])
const FILE_NAME =
  /(?<![\w./-])(?:[\w@.-]+\/)*[\w-][\w.-]*\.(?:[cm]?[jt]s|md|ya?ml|json|service)(?![\w/-])/gu
const COMMENT = /(?:^\s*\/?\*|(?:^|\s)\/\/\s)(.*)/u

const files = execFileSync('git', ['ls-files'], { cwd: inProject('.'), encoding: 'utf8' })
  .trim()
  .split('\n')
const known = new Set(files.flatMap((file) => endingsOf(file)))

/** A file by its path, and by fewer and fewer of its folders, as comments name it. */
function endingsOf(file: string): readonly string[] {
  const parts = file.split('/')
  return parts.map((_, index) => parts.slice(index).join('/'))
}

const missingIn = (text: string): readonly string[] =>
  [...text.matchAll(FILE_NAME)]
    .map(([name]) => name.replace(/^(?:\.{1,2}\/)+/u, ''))
    .filter((name) => !known.has(name) && !NO_FILES_OF_OURS.has(name))

t.test('a name of no file is found', async (t) => {
  t.strictSame(missingIn('see `src/server/no-such-file.ts`, ../nor-this.md and serve.ts'), [
    'src/server/no-such-file.ts',
    'nor-this.md',
  ])
})

t.test('in the documentation', async (t) => {
  for (const page of PAGES) t.strictSame(missingIn(readPage(page)), [], page)
})

t.test('in comments', async (t) => {
  for (const file of files.filter((name) => /\.[jt]s$/u.test(name))) {
    const comments = readPage(file)
      .split('\n')
      .map((line) => COMMENT.exec(line)?.[1] ?? '')
    t.strictSame(missingIn(comments.join('\n')), [], file)
  }
})

t.test('CONTRIBUTING describes every folder of src', async (t) => {
  const folders = readdirSync(inProject('src/'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `\`src/${name}\``)
  const described = tableIn(readPage('CONTRIBUTING.md'), 'folders').map(([folder]) => folder)
  t.strictSame(
    folders.filter((folder) => !described.includes(folder)),
    [],
  )
})
