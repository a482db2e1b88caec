/** Purge, pause and resume: each asks first, and says what became of it. */

import { byId, el, part } from './dom.js'
import { number } from '../../report/human-format.js'
import type { Model } from './model.js'
import { act } from './session.js'
import { say } from './show-verdict.js'

export function createDialogs(): { show(model: Model): void } {
  let model: Model | undefined
  const field = (id: string): HTMLInputElement => part(id, HTMLInputElement)
  const choice = (id: string): HTMLSelectElement => part(id, HTMLSelectElement)

  const what = (): string =>
    document.querySelector<HTMLInputElement>('#purge [name=what]:checked')?.value ?? 'path'
  const chooseWhat = (): void => {
    const isAll = what() === 'all'
    const isPath = what() === 'path'
    byId('purge-name-field').hidden = isAll
    field('purge-name').required = !isAll
    byId('purge-name-label').textContent = isPath ? 'Path' : 'Resource'
    field('purge-name').placeholder = isPath ? '/task/13' : 'task'
    const tables = [...(model?.hours.values() ?? [])]
      .slice(-24)
      .flatMap(({ tables }) => tables ?? [])
    const names = tables.flatMap(({ paths, resources }) => (isPath ? paths : resources))
    const unique = new Set(names.map(({ name }) => name).filter((name) => !name.startsWith('(')))
    byId('purge-names').replaceChildren(
      ...[...unique].slice(0, 50).map((name) => el('option', { value: name })),
    )
  }
  for (const input of document.querySelectorAll('#purge [name=what]')) {
    input.addEventListener('change', chooseWhat)
  }

  connect('purge', {
    opened() {
      const accounts = model?.accounts ?? []
      byId('purge-account-field').hidden = accounts.length < 2
      fill(choice('purge-account'), [['', 'all'], ...accounts.map((name) => [name, name] as const)])
      chooseWhat()
    },
    async confirmed() {
      const name = field('purge-name').value.trim()
      const account = choice('purge-account').value
      const answer = (await act('purge', {
        ...(what() !== 'all' && { [what()]: name }),
        ...(account !== '' && { account }),
        soft: field('purge-soft').checked,
      })) as { purged: number }
      return `${number(answer.purged)} stored answers purged`
    },
  })
  connect('pause', {
    opened() {
      const accounts = (model?.accounts ?? []).map(
        (name) => [`account:${name}`, `account ${name}`] as const,
      )
      fill(choice('pause-scope'), [['window', 'everything'], ...accounts])
      field('pause-detail').value = ''
    },
    async confirmed() {
      const detail = field('pause-detail').value.trim()
      await act('pause', { scope: choice('pause-scope').value, ...(detail !== '' && { detail }) })
      return 'paused'
    },
  })
  connect('resume', {
    opened() {
      const pauses = model?.status.pauses ?? []
      fill(
        choice('resume-scope'),
        pauses.map(({ scope, detail }) => [
          scope,
          `${scope === 'window' ? 'everything' : scope.replace(/^account:/u, 'account ')}: ${detail}`,
        ]),
      )
    },
    async confirmed() {
      await act('resume', { scope: choice('resume-scope').value })
      return 'resumed'
    },
  })

  return {
    show(next) {
      model = next
      const isPaused = next.status.pauses.length > 0
      part('purge-open', HTMLButtonElement).disabled = false
      part('pause-open', HTMLButtonElement).disabled = false
      byId('resume-open').hidden = !isPaused
    },
  }
}

function fill(select: HTMLSelectElement, options: readonly (readonly [string, string])[]): void {
  select.replaceChildren(...options.map(([value, text]) => el('option', { value }, text)))
}

function connect(
  name: 'purge' | 'pause' | 'resume',
  { opened, confirmed }: { readonly opened: () => void; readonly confirmed: () => Promise<string> },
): void {
  const dialog = part(name, HTMLDialogElement)
  const problem = dialog.querySelector<HTMLElement>('.problem')
  const submit = dialog.querySelector<HTMLButtonElement>('[type=submit]')
  byId(`${name}-open`).addEventListener('click', () => {
    opened()
    if (problem !== null) problem.hidden = true
    dialog.showModal()
  })
  dialog.querySelector('[data-close]')?.addEventListener('click', () => dialog.close())
  dialog.addEventListener('submit', (event) => {
    event.preventDefault()
    if (submit !== null) submit.disabled = true
    confirmed()
      .then((text) => {
        dialog.close()
        say(text)
        return undefined
      })
      .catch((error: unknown) => {
        if (problem === null) return
        problem.hidden = false
        problem.textContent = error instanceof Error ? error.message : String(error)
      })
      .finally(() => {
        if (submit !== null) submit.disabled = false
      })
  })
}
