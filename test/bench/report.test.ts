import t from 'tap'
import { parseBenchArguments } from '../../bench/arguments.js'
import { withFigures } from '../../bench/docs.js'
import { short, spreadOf } from '../../bench/figures.js'
import { markdownTable } from '../../bench/table.js'

const KNOWN = {
  all: ['hits-50', 'hits-1', 'hits-50-nolog', 'writes'],
  quick: ['hits-50', 'writes'],
}

t.test('parts by name, all of a kind by its first word, all without one', async (t) => {
  t.strictSame(parseBenchArguments([], KNOWN).parts, KNOWN.all)
  t.strictSame(parseBenchArguments(['--quick'], KNOWN).parts, KNOWN.quick)
  t.strictSame(parseBenchArguments(['hits'], KNOWN).parts, ['hits-50', 'hits-1', 'hits-50-nolog'])
  t.strictSame(parseBenchArguments(['hits-50'], KNOWN).parts, ['hits-50'], 'and not its neighbour')
  t.strictSame(parseBenchArguments(['--quick', 'hits-1'], KNOWN).parts, ['hits-1'])
  t.strictSame(parseBenchArguments(['writes', 'hits-1', 'hits-1'], KNOWN).parts, [
    'writes',
    'hits-1',
  ])
  t.match(parseBenchArguments(['--quick', '--json=x.json'], KNOWN), {
    isQuick: true,
    isDocs: false,
    json: 'x.json',
  })
})

t.test('what is not known is refused, with what there is', async (t) => {
  t.throws(() => parseBenchArguments(['hit'], KNOWN), /no part hit; there are hits-50, hits-1/)
  t.throws(() => parseBenchArguments(['--quik'], KNOWN), /--quik is not known/)
  t.throws(() => parseBenchArguments(['--json='], KNOWN), /name of a file/)
})

t.test('figures have three digits that matter, and say how far the rounds lay apart', async (t) => {
  t.equal(short(12_345.6), '12,300')
  t.equal(short(0.27149), '0.271')
  t.equal(short(5.046), '5.05')
  t.equal(short(Number.NaN), '-')
  t.strictSame(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 })
})

t.test('columns stand in the order of the row, and what would jump ahead is refused', async (t) => {
  t.match(markdownTable([{ server: 'a', '5 KB, 304': '-' }]), /^\| server \| 5 KB, 304 \|/u)
  t.throws(() => markdownTable([{ server: 'a', '304': '-' }]), /called 304: add a word/u)
})

t.test('only the tables of the page are written anew', async (t) => {
  const rows = [{ server: 'a|b', 'hits a second': 5 }]
  const table = markdownTable(rows)
  t.equal(
    table,
    '| server | hits a second |\n| ------ | ------------- |\n| a\\|b   | 5             |\n',
  )
  const part = {
    tables: [{ name: 'hits', title: 'Hits_all', rows }],
    goals: [],
    skipped: [],
    figures: null,
    at: '2026-01-01T00:00:00Z',
    isQuick: false,
    seconds: 1,
    machine: [],
  }
  const page = 'Before.\n\n<!-- figures: hits -->\n\n| old |\n| --- |\n\nAfter.\n'
  const written = withFigures(page, { hits: part })
  t.equal(written, `Before.\n\n<!-- figures: hits -->\n\n_Hits\\_all_\n\n${table}\nAfter.\n`)
  t.equal(withFigures(written, { hits: part }), written, 'and twice is once')
  const empty = 'Before.\n\n<!-- figures: hits -->\n\n_Not measured yet._\n\nAfter.\n'
  t.equal(withFigures(empty, { hits: part }), written, 'and where there was no table, too')
})
