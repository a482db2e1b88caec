// For processes that a test starts: with what reads TypeScript, and without tap's own hooks.

/** Options of `fork`. `flags` are for node itself. */
export function loaderOnly(flags: readonly string[] = []): {
  execArgv: string[]
  env: NodeJS.ProcessEnv
} {
  const loaders = process.execArgv.filter((argument) => /typescript|tsx/.test(argument))
  const { NODE_OPTIONS: _options, ...env } = process.env
  return { execArgv: [...flags, ...loaders], env }
}
