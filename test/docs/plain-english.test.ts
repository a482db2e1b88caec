/** Habits that make a text hard to read at first sight stay out of the guides. */
import t from 'tap'
import { PAGES } from './example.js'
import { readPage } from './page.js'

const HABITS = /\b(?:whoever|nobody|somebody|what is out|is told|stands in|goes on with)\b/giu

/** Pages with texts that the code is the source of, or that record how a decision was made. */
const NOT_YET: ReadonlySet<string> = new Set([
  'CONTRIBUTING.md',
  'config/README.md',
  'docs/observe.md',
  'docs/performance.md',
])
const isChecked = (page: string): boolean =>
  !NOT_YET.has(page) && !page.startsWith('docs/decisions/')

/** Sentences that are meant as they are. */
const EXCEPTIONS: readonly string[] = [
  // From the table of resources, whose source is src/cache/resources.
  'whoever wrote one looks for it',
]

const habitsIn = (text: string): readonly string[] =>
  [
    ...EXCEPTIONS.reduce((left, exception) => left.replaceAll(exception, ''), text).matchAll(
      HABITS,
    ),
  ].map(([found]) => found)

t.test('a habit is found, in any case', async (t) => {
  t.strictSame(habitsIn('Nobody knows, and whoever asks is told.'), [
    'Nobody',
    'whoever',
    'is told',
  ])
  t.strictSame(habitsIn('whoever wrote one looks for it'), [])
})

for (const page of PAGES.filter(isChecked)) {
  t.test(page, async (t) => {
    t.strictSame(habitsIn(readPage(page)), [])
  })
}
