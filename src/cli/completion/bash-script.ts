/** For bash 3.2 (macOS) and later, without the package bash-completion. */
import { DEFAULT_COMMAND } from '../command.js'
import type { Flag, Grammar, Value } from './grammar.js'

export function bashScript(commands: readonly Grammar[]): string {
  const names = commands.map(({ name }) => name)
  return `# Completion of intervals-proxy for bash: source <(intervals-proxy completion bash)
_intervals_proxy() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local command=${DEFAULT_COMMAND} words=
  COMPREPLY=()
  case \${COMP_WORDS[1]} in
    ${names.join('|')}) [ "$COMP_CWORD" -gt 1 ] && command=\${COMP_WORDS[1]} ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words='${['help', ...names].join(' ')}'; fi
  case "$command $prev" in
${valueCases(commands).join('\n')}
  esac
  case "$command $cur" in
${commands.map(({ name, flags }) => `    "${name} -"*) words='${flags.flatMap(spellings).join(' ')}' ;;`).join('\n')}
${commands.flatMap(({ name, argument }) => argumentCase(name, argument)).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _intervals_proxy intervals-proxy
`
}

const spellings = ({ long, short }: Flag): string[] =>
  short === undefined ? [long] : [short, long]

/** One line for all options that are completed in the same way. */
function valueCases(commands: readonly Grammar[]): string[] {
  const patterns = new Map<string, string[]>()
  for (const { name, flags } of commands) {
    for (const flag of flags) {
      if (flag.value.kind === 'none') continue
      const reply = replyOf(flag.value)
      const others = patterns.get(reply) ?? []
      patterns.set(reply, [...others, ...spellings(flag).map((one) => `"${name} ${one}"`)])
    }
  }
  return [...patterns].map(([reply, all]) => `    ${all.join('|')}) ${reply}return ;;`)
}

/** Files are left to readline, which quotes their names; bash 3.2 has no compopt. */
function replyOf(value: Exclude<Value, { kind: 'none' }>): string {
  if (value.kind === 'words') {
    const words = value.words.join(' ')
    return words === '' ? '' : `COMPREPLY=($(compgen -W '${words}' -- "$cur")); `
  }
  const option = value.kind === 'file' ? 'default' : 'dirnames'
  return `compopt -o ${option} 2>/dev/null; `
}

function argumentCase(name: string, argument: Value): string[] {
  // The first word may still be the name of a command.
  const isFirst = `[ "$prev" = "${name}" ] &&`
  if (argument.kind === 'file') return [`    "${name} "*) compopt -o default 2>/dev/null ;;`]
  if (argument.kind !== 'words' || argument.words.length === 0) return []
  return [`    "${name} "*) ${isFirst} words='${argument.words.join(' ')}' ;;`]
}
