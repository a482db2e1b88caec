/** Elements, with text as text: nothing that was read is ever taken for markup. */

export type Child = Node | string | number | undefined

export function byId(id: string): HTMLElement {
  return part(id, HTMLElement)
}

/** @throws TypeError when the page has no such element, or it is another one */
export function part<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.querySelector(`#${id}`)
  if (found instanceof kind) return found
  throw new TypeError(`the page has no ${kind.name} #${id}`)
}

export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...textOf(children))
  return made
}

const textOf = (children: readonly Child[]): (Node | string)[] =>
  children.flatMap((child) => {
    if (child === undefined) return []
    return typeof child === 'number' ? String(child) : child
  })

/** Only what differs is written, so that nothing is announced or selected away for nothing. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

export interface Figure {
  readonly name: string
  readonly value: string
  readonly isFirst?: boolean
}

/** Names with their values, in a list that keeps its elements from one second to the next. */
export function showFigures(list: HTMLElement, figures: readonly Figure[]): void {
  for (const [index, { name, value, isFirst = false }] of figures.entries()) {
    let pair = list.children[index]
    if (pair === undefined) {
      pair = el('div', isFirst ? { class: 'first' } : {}, el('dt'), el('dd'))
      list.append(pair)
    }
    const [term, description] = pair.children
    if (term !== undefined) setText(term, name)
    if (description !== undefined) setText(description, value)
  }
  while (list.children.length > figures.length) list.lastElementChild?.remove()
}

/** A table below `<summary>`, made only while somebody has it open. */
export function showWhenOpen(
  details: HTMLElement,
  rows: () => readonly (readonly (string | number)[])[],
): void {
  const list = details as HTMLDetailsElement
  list.addEventListener('toggle', () => refreshTable(list, rows))
}

export function refreshTable(
  details: HTMLElement,
  rows: () => readonly (readonly (string | number)[])[],
): void {
  const box = details.querySelector('div')
  if (!(details as HTMLDetailsElement).open) {
    box?.remove()
    return
  }
  const [head = [], ...body] = rows()
  const table = el(
    'table',
    {},
    el('thead', {}, el('tr', {}, ...head.map((text) => el('th', { scope: 'col' }, text)))),
    el(
      'tbody',
      {},
      ...body.map(([first = '', ...rest]) =>
        el('tr', {}, el('th', { scope: 'row' }, first), ...rest.map((cell) => el('td', {}, cell))),
      ),
    ),
  )
  const label = details.closest('section')?.querySelector('h2')?.textContent ?? 'figures'
  const shown = box ?? el('div', { tabindex: '0', role: 'region', 'aria-label': `${label}, table` })
  const { scrollTop } = shown
  shown.replaceChildren(table)
  if (box === null) details.append(shown)
  shown.scrollTop = scrollTop
}
