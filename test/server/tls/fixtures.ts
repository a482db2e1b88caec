import { readFileSync } from 'node:fs'

const pem = (name: string): string =>
  readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')

export const localhost = { key: pem('localhost-key'), cert: pem('localhost-cert') }
export const elsewhere = { key: pem('elsewhere-key'), cert: pem('elsewhere-cert') }
