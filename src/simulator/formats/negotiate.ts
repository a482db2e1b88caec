/** Chooses the format of an answer by `Accept` alone; the request's Content-Type does not matter. */
import type { Format } from './envelope.js'
import type { SimulatorSettings } from '../options.js'

export function formatFor(
  accept: string | undefined,
  settings: Pick<SimulatorSettings, 'absentAccept' | 'unknownAccept'>,
): Format {
  if (accept === undefined || accept.trim() === '') return settings.absentAccept
  const ranges = accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    return { type, quality: quality === undefined ? 1 : Number(quality) }
  })
  // Of equal qualities the first one wins.
  const best = ranges.toSorted((a, b) => b.quality - a.quality)
  for (const { type, quality } of best) {
    if (quality === 0) continue
    if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json'
    if (type === 'application/xml' || type === 'text/xml') return 'xml'
  }
  return settings.unknownAccept
}
