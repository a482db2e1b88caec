/** Whether only this machine can reach an address: `localhost`, `127.x.x.x` or `::1`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127\.[\d.]+$/u.test(host) || /^\[?::1\]?$/u.test(host)
}
