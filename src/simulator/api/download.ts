/** The newest version of a document: bytes that look like a PNG and differ for each document. */
import type { Answer } from './answer.js'
import type { SimulatorSettings } from '../options.js'
import { createRandom } from '../random.js'
import type { Row } from '../rows/store.js'

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const

export function downloadOf(row: Row, settings: SimulatorSettings): Answer {
  const body = Buffer.alloc(Number(row['filesize'] ?? 1000))
  const random = createRandom(Number(row.id) + settings.seed)
  for (let at = 0; at < body.length; at += 1) {
    body[at] = pngSignature[at] ?? random.between(0, 255)
  }
  const filename = row['filename'] ?? 'document'
  return {
    status: 200,
    headers: {
      'content-type': 'image/png',
      'content-disposition': `attachment; filename="${filename.replaceAll(/[^\w.-]/g, '_')}"`,
    },
    body,
  }
}
