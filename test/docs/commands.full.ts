/** The commands in the documentation do what it says, page by page. Needs bash, curl and openssl. */
import t from 'tap'
import { examplesIn, isLeftOut, PAGES } from './example.js'
import { runExample } from './run-example.js'
import { openSurroundings } from './surroundings.js'

for (const page of PAGES) {
  const examples = examplesIn(page).filter(
    (example) => example.language === 'sh' && !isLeftOut(example),
  )
  if (examples.length === 0) continue
  t.test(page, async (t) => {
    const place = await openSurroundings()
    t.teardown(() => place.close())
    for (const example of examples) await runExample(t, example, place)
  })
}
