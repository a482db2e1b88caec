import t from 'tap'
import { CELL_BYTES, decodeCell, EMPTY_CELL, encodeCell } from '../../src/storage/cell-text.js'

t.test('a cell with any other byte in any place is damaged', (t) => {
  const cell = encodeCell('slot:1', { wallMs: 1, account: 'ä' })
  t.equal(cell.length, CELL_BYTES)
  t.strictSame(decodeCell(cell), ['slot:1', { wallMs: 1, account: 'ä' }])
  const unnoticed = Array.from(cell.keys()).filter((at) =>
    [0, 9, 32, 255].some((byte) => {
      const other = Buffer.from(cell)
      other[at] = byte
      return byte !== cell[at] && decodeCell(other) !== undefined
    }),
  )
  t.strictSame(unnoticed, [])
  t.equal(decodeCell(EMPTY_CELL), undefined)
  t.equal(decodeCell(cell.subarray(1)), undefined)
  t.end()
})

t.test('a record that does not fit is refused', (t) => {
  const fits = 'x'.repeat(CELL_BYTES - 1 - 17 - '["k",""]'.length)
  t.strictSame(decodeCell(encodeCell('k', fits)), ['k', fits])
  t.throws(() => encodeCell('k', `${fits}x`), RangeError)
  t.end()
})
