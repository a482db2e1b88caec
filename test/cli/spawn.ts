import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { inProject } from '../project.js'

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

/** Run the command to its end. */
export async function runCommand(args: readonly string[], surroundings: Surroundings = {}) {
  return startCommand(args, surroundings).ended
}
