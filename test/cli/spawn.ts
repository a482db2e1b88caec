import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inProject } from '../project.js'
import { startProgram } from './in-process.js'

const MAIN = fileURLToPath(inProject('dist/main.js'))

interface Surroundings {
  /** Nothing else is in the environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** Start the command as a user does. */
export function startCommand(args: readonly string[], { env = {}, cwd }: Surroundings = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], { env, cwd, stdio: 'pipe' })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const ended = new Promise<{ code: number | null; out: string; err: string }>(
    (resolve, reject) => {
      child.once('error', reject).once('close', (code) => resolve({ code, out, err }))
    },
  )
  return { child, ended }
}

/** Run a command to its end in this process, as main.ts does: a process of its own takes half a second. */
export async function runCommand(
  args: readonly string[],
  { env = {}, cwd = process.cwd() }: Surroundings = {},
) {
  const readFile = (path: string): string => readFileSync(path, 'utf8')
  const { out, err, ended } = startProgram(args, { env, cwd, readFile, exists: existsSync })
  const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
  return { code: await ended, out: text(out), err: text(err) }
}

/** Run it to its end in a process of its own. */
export const runCommandAlone = async (args: readonly string[], surroundings: Surroundings = {}) =>
  startCommand(args, surroundings).ended
