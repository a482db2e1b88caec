// Another process that reads the file, and answers what it is asked about it; see disk-reader.test.ts.

import { openDiskReader } from '../../src/cache/index.js'

export interface Question {
  readonly key?: string
  readonly account?: string
  readonly generation?: number
  readonly principal?: string
}

export interface Reply {
  readonly text: string | undefined
  readonly isCurrent: boolean
  readonly credentialState: unknown
  readonly edition: string | undefined
}

const reader = openDiskReader({ path: process.argv[2] ?? '', maxBytes: 100_000 })

process.on('message', ({ key, account, generation, principal }: Question) => {
  reader.refresh()
  void reader.store.get(key ?? '').then((entry) => {
    const reply: Reply = {
      text: entry?.body.toString(),
      isCurrent: reader.generations.isCurrent(account ?? 'main', 'task', generation ?? 0),
      credentialState: principal === undefined ? undefined : reader.credentialState(principal),
      edition: reader.edition(),
    }
    process.send?.(reply)
  })
})
process.send?.('ready')
