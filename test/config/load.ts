import { loadConfig, type LoadOptions } from '../../src/config/load.js'
import { formatProblem } from '../../src/config/config-problem.js'

type Inputs = Partial<Omit<LoadOptions, 'readFile'>> & { readonly files?: Record<string, string> }

/** Load with files from memory; a path that is not among them does not exist. */
export function load({ files = {}, ...options }: Inputs) {
  return loadConfig({
    env: {},
    cwd: '/home',
    readFile: (path) => {
      const text = files[path.replace('/home/', '')]
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      return text
    },
    ...options,
  })
}

/** The lines that would be printed; empty if all is well. */
export function complaints(inputs: Inputs): string[] {
  const loaded = load(inputs)
  return loaded.ok ? [] : loaded.problems.map(formatProblem)
}

/** The lines that would be printed about a file with this text. */
export function complaintsAbout(text: string): string[] {
  return complaints({ file: 'c.yaml', files: { 'c.yaml': text } })
}

/** The configuration; a refusal fails the test that calls. */
export function configFrom(inputs: Inputs) {
  const loaded = load(inputs)
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'))
  return loaded.config
}
