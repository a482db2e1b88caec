import t from 'tap'
import { bar, columns, wrapped } from '../../src/cli/display/layout.js'

t.test('columns are as wide as their longest text, colours not counted', async (t) => {
  t.strictSame(
    columns([
      ['a', 'b'],
      ['ccc', ''],
    ]),
    ['a    b', 'ccc'],
  )
  const rows = [
    ['\u001b[31ma\u001b[39m', '1'],
    ['ccc', '100'],
  ]
  t.strictSame(columns(rows, { right: [1] }), ['\u001b[31ma\u001b[39m      1', 'ccc  100'])
})

t.test('a bar is empty for nothing only, and full when nothing is left', async (t) => {
  t.equal(bar(0, 100, 4), '░░░░')
  t.equal(bar(1, 100, 4), '█░░░')
  t.equal(bar(50, 100, 4), '██░░')
  t.equal(bar(99, 100, 4), '███░')
  t.equal(bar(100, 100, 4), '████')
  t.equal(bar(120, 100, 4), '████')
  t.equal(bar(0, 0, 4), '████', 'a day of no calls is spent')
})

t.test('lines are broken between words', async (t) => {
  t.strictSame(wrapped('one two three', 7), ['one two', 'three'])
  t.strictSame(wrapped('one', 2), ['one'], 'a long word stays whole')
  t.strictSame(wrapped('', 9), [''])
})
