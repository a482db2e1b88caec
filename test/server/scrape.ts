/** Reads what /-/metrics says. */
import type { Answer, Ask } from './client.js'

/** A proxy that can be asked. */
interface Asked {
  ask(path: string, request: Ask): Promise<Answer>
}

export async function page({ ask }: Asked): Promise<string> {
  const { status, text } = await ask('/-/metrics', { token: null })
  if (status !== 200) throw new Error(`/-/metrics: ${status}`)
  return text
}

/** The value of exactly this series; NaN where there is none. */
export function valueOf(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined
    ? Number.NaN
    : Number(line.slice(series.length + 1).replace('+Inf', 'Infinity'))
}

/** Of all series with this name together. */
export function sum(text: string, name: string): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

export interface Described {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labels: readonly string[]
}

/** Every metric of the page, with the labels that its series have. */
export function describedIn(text: string): readonly Described[] {
  const found = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gmu)]
  return found.map(([, name = '', help = '', type = '']) => {
    const series = text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{([^}]*)\\}`, 'gmu'))
    const labels = [...series].flatMap(([, list = '']) =>
      [...list.matchAll(/(\w+)="/gu)].map(([, label = '']) => label),
    )
    return { name, type, help, labels: [...new Set(labels)].filter((label) => label !== 'le') }
  })
}
