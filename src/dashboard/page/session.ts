/**
 * How the page speaks to the proxy. With an admin token each request carries it as a header; it lives
 * in this tab's sessionStorage, so no other page and no other tab can act with it.
 */

const KEY = 'intervals-proxy-admin-token'

export const session = {
  token: (): string | null => sessionStorage.getItem(KEY),
  signIn: (token: string): void => sessionStorage.setItem(KEY, token),
  signOut: (): void => sessionStorage.removeItem(KEY),
}

export function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const token = session.token()
  const headers = new Headers(init.headers)
  if (token !== null) headers.set('authorization', `Bearer ${token}`)
  return fetch(path, { ...init, headers, cache: 'no-store', credentials: 'omit' })
}

/** POST of JSON to /-/ACT. @throws Error with what the proxy says is wrong */
export async function act(name: 'purge' | 'pause' | 'resume', body: object): Promise<unknown> {
  const response = await ask(name, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as { error?: { message?: string } }
  if (response.ok) return answer
  throw new Error(answer.error?.message ?? `the proxy answered ${response.status}`)
}
