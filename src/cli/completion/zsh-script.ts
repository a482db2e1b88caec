/** For zsh: as a file of `$fpath`, or sourced. */
import { DEFAULT_COMMAND } from '../command.js'
import type { Flag, Grammar, Value } from './grammar.js'

export function zshScript(commands: readonly Grammar[]): string {
  const list = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`)
  return `#compdef intervals-proxy
# Completion of intervals-proxy for zsh: source <(intervals-proxy completion zsh)
_intervals_proxy() {
  local -a commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe -t commands command commands
    return
  fi
  local command=${DEFAULT_COMMAND}
  if (( $\{commands[(I)$\{words[2]}:*]} )); then
    command=$words[2]
    shift words
    (( CURRENT-- ))
  fi
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] = _intervals_proxy ]]; then
  _intervals_proxy "$@"
else
  compdef _intervals_proxy intervals-proxy
fi
`
}

function commandCase({ name, flags, argument }: Grammar): string {
  const specs = [...flags.map(flagSpec), ...argumentSpec(argument)]
  return `    ${name})\n      _arguments -s ${specs.map((spec) => `\\\n        ${spec}`).join(' ')} ;;`
}

function flagSpec({ long, short, summary, value }: Flag): string {
  const said = quoted(`[${escaped(summary)}]${value.kind === 'none' ? '' : `:${actionOf(value)}`}`)
  return short === undefined ? `${long}${said}` : `'(${short} ${long})'{${short},${long}}${said}`
}

function argumentSpec(argument: Value): string[] {
  return argument.kind === 'none' ? [] : [quoted(`1:${actionOf(argument)}`)]
}

/** The kind of the value, and how it is completed. */
function actionOf(value: Exclude<Value, { kind: 'none' }>): string {
  switch (value.kind) {
    case 'file':
      return 'file:_files'
    case 'directory':
      return 'directory:_files -/'
    case 'words':
      return value.words.length === 0 ? 'value: ' : `value:(${value.words.join(' ')})`
    default:
      return value satisfies never
  }
}

const escaped = (text: string): string => text.replaceAll(/[[\]:\\]/gu, String.raw`\$&`)
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
