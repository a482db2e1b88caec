import { readFileSync } from 'node:fs'
import { inProject } from '../../../project.js'

const pem = (name: string): string =>
  readFileSync(inProject(`test/fixtures/tls/${name}.pem`), 'utf8')

export const localhost = { key: pem('localhost-key'), cert: pem('localhost-cert') }
export const elsewhere = { key: pem('elsewhere-key'), cert: pem('elsewhere-cert') }
