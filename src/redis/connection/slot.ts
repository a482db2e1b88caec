/**
 * The hash slot of a key (Redis Cluster specification, "Key distribution model"): CRC16 of the part in
 * braces, or of the whole key. The library has it, but does not export it.
 */

const SLOTS = 16_384
const POLYNOMIAL = 0x1021

export function slotOf(key: string): number {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open + 1)
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key
  let crc = 0
  for (const byte of Buffer.from(hashed)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : ((crc << 1) ^ POLYNOMIAL) & 0xffff
    }
    crc &= 0xffff
  }
  return crc % SLOTS
}
