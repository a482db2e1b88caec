/** The oldest Node.js that the package runs on, as in `engines` of package.json. */
const OLDEST = [20, 19] as const

/** What to tell the user of an older Node.js; undefined if this one will do. `running` as in process.versions. */
export function nodeProblem(running: string): string | undefined {
  const [major = 0, minor = 0] = running.split('.').map(Number)
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
  return isOld
    ? `intervals-proxy needs Node.js ${OLDEST.join('.')} or newer, this is ${running}`
    : undefined
}
