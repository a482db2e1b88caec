/** Light or dark: as the system says, unless somebody chooses. */

import { part } from './dom.js'

const KEY = 'intervals-proxy-theme'
const dark = matchMedia('(prefers-color-scheme: dark)')

export function followTheme(changed: () => void): void {
  const choice = part('theme', HTMLSelectElement)
  const apply = (): void => {
    const isDark = choice.value === 'dark' || (choice.value === 'auto' && dark.matches)
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light'
    changed()
  }
  choice.value = localStorage.getItem(KEY) ?? 'auto'
  if (choice.value === '') choice.value = 'auto'
  choice.addEventListener('change', () => {
    localStorage.setItem(KEY, choice.value)
    apply()
  })
  dark.addEventListener('change', apply)
  apply()
}

/** A colour of the style sheet, as it is now. */
export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
