/**
 * Examples in the documentation: fenced blocks in a language that can be run or checked. All of them
 * are, unless the page says otherwise right before the block:
 *
 *     <!-- example: not run, WHY -->       what it would do is none of a test's business
 *     <!-- example: stays up -->           a server: it is started, and ended with the page
 *     <!-- example: output -->             not an example, but lines that the one before has to print
 *     <!-- example: other yaml -->         YAML of something else than the proxy
 *     <!-- example: with a certificate --> a configuration that names certificates
 */
import { readdirSync } from 'node:fs'
import { inProject } from '../project.js'
import { readPage } from './page.js'

export const LANGUAGES = [
  'sh',
  'js',
  'json',
  'yaml',
  'python',
  'ruby',
  'php',
  'powershell',
  'nginx',
] as const
export type Language = (typeof LANGUAGES)[number]

export interface Example {
  readonly page: string
  /** Of its first line, from 1. */
  readonly line: number
  readonly language: Language
  readonly text: string
  /** What the page says before it; empty: run it. */
  readonly mark: string
  /** Lines to be printed, in this order; `…` stands for anything. */
  readonly output: readonly string[]
}

const inFolder = (folder: string): string[] =>
  readdirSync(inProject(`${folder}/`), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)
    .toSorted()

/** Every page of the documentation. */
export const PAGES = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'config/README.md',
  ...inFolder('docs'),
]

/** A fence may be indented, as part of a list. */
const FENCE = /^( *)```(\w*)\n([\s\S]*?)^\1```$/gmu
const MARK = /<!-- example: (.+?) -->\s*$/u

export function examplesIn(page: string): readonly Example[] {
  const source = readPage(page)
  const found: Example[] = []
  for (const { index, 1: indent = '', 2: language = '', 3: body = '' } of source.matchAll(FENCE)) {
    const before = source.slice(0, index)
    const mark = MARK.exec(before)?.[1] ?? ''
    const text = body.replaceAll(new RegExp(`^${indent}`, 'gmu'), '')
    if (mark === 'output') {
      const example = found.pop()
      if (example === undefined) throw new TypeError(`${page}: output of nothing`)
      found.push({ ...example, output: text.trimEnd().split('\n') })
    } else if (isLanguage(language)) {
      found.push({ page, line: before.split('\n').length, language, text, mark, output: [] })
    } else if (language !== '') {
      throw new TypeError(`${page}: an example in ${language}, which nothing here can run`)
    }
  }
  return found
}

const isLanguage = (name: string): name is Language =>
  (LANGUAGES as readonly string[]).includes(name)

export const nameOf = ({ page, line, language }: Example): string => `${page}:${line} ${language}`

/** What was expected and is not there; undefined if all is. */
export function missingIn(printed: string, { output }: Example): string | undefined {
  let rest = printed
  for (const line of output) {
    const parts = line.split('…').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/gu, '\\$&'))
    const match = new RegExp(parts.join('.*'), 'u').exec(rest)
    if (match === null) return line
    rest = rest.slice(match.index + match[0].length)
  }
  return undefined
}

export const isLeftOut = ({ mark }: Example): boolean => mark.startsWith('not run')
