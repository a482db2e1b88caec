import t from 'tap'
import { createMemoryJournal } from '../../src/limits/index.js'
import { journalContract } from './contract/journal.js'

journalContract(t, {
  name: 'memory',
  place: () => {
    const journal = createMemoryJournal()
    return { open: () => journal }
  },
})
