/** `intervals-proxy explain PATH`: what would happen to a GET, and why; what it would cost. */
import { Option, type Command } from 'commander'
import { Value } from 'typebox/value'
import { EXPLANATION } from '../server/admin/schemas/explain.js'
import { CommandError, EXIT, type Context, type ExitCode } from './context.js'
import { authorizationOf, credentialOption } from './credential.js'
import { explanationLines } from './display/explain-view.js'
import { viewport } from './display/paint.js'
import { askProxy, defineTarget } from './running-proxy.js'
import { toLines } from './display/text-table.js'

interface Options {
  readonly accept: string
  readonly consumer?: string
  readonly cacheControl?: string
  readonly json?: true
}

export function define(command: Command): void {
  command
    .argument('<path>', 'path and query of the GET, such as "/task/?limit=10"')
    .addOption(credentialOption('Intervals token, or key, of the client'))
    .addOption(
      new Option('--accept <type>', 'Accept of the request').default(
        '*/*',
        '*/*, as curl sends it',
      ),
    )
    .addOption(new Option('--consumer <name>', 'Intervals-Proxy-Consumer of the request'))
    .addOption(new Option('--cache-control <directives>', 'Cache-Control of the request'))
  defineTarget(command)
  command.addHelpText('after', '\nNothing is sent to Intervals, and nothing is stored.')
}

export async function run(command: Command, context: Context): Promise<ExitCode> {
  const [path = ''] = command.args
  if (!path.startsWith('/')) {
    throw new CommandError(
      `a path starts with a slash, such as "/task/"; got "${path}"`,
      EXIT.usage,
    )
  }
  const { accept, consumer, cacheControl, json } = command.opts<Options>()
  const authorization = authorizationOf(command, context)
  const headers = {
    'x-explain-accept': accept,
    ...(authorization !== undefined && { 'x-explain-authorization': authorization }),
    ...(consumer !== undefined && { 'intervals-proxy-consumer': consumer }),
    ...(cacheControl !== undefined && { 'cache-control': cacheControl }),
  }
  const query = new URLSearchParams({ path }).toString()
  const answer = await askProxy(command, context, { path: `/-/explain?${query}`, headers })
  if (json) context.out(JSON.stringify(answer))
  else if (Value.Check(EXPLANATION, answer)) {
    const asked = { path, accept, hasCredential: authorization !== undefined }
    explanationLines(answer, { asked, ...viewport(context) }).forEach(context.out)
  } else toLines(answer).forEach(context.out)
  return EXIT.ok
}
