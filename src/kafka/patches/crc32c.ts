/** Slicing-by-16: entry `k * 256 + b` is the checksum of byte `b` followed by `k` zero bytes. */
const TABLES = new Int32Array(16 * 256)
/** The index is within the tables, always. */
const at = (index: number): number => TABLES[index] as number
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1
  TABLES[byte] = crc
}
for (let i = 256; i < TABLES.length; i++) TABLES[i] = at(at(i - 256) & 0xff) ^ (at(i - 256) >>> 8)

/** Four bytes, the lowest first; the first of them is followed by `zeros` bytes and the three others. */
const four = (word: number, zeros: number): number =>
  at(zeros + 768 + (word & 0xff)) ^
  at(zeros + 512 + ((word >>> 8) & 0xff)) ^
  at(zeros + 256 + ((word >>> 16) & 0xff)) ^
  at(zeros + (word >>> 24))

/** CRC-32C (Castagnoli, RFC 3720 section 12.1) of the bytes from `from` to before `to`, unsigned 32 bits. */
export function crc32c(bytes: Buffer, from: number, to: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let crc = -1
  let i = from
  for (; i + 16 <= to; i += 16) {
    crc =
      four(crc ^ view.getInt32(i, true), 3072) ^
      four(view.getInt32(i + 4, true), 2048) ^
      four(view.getInt32(i + 8, true), 1024) ^
      four(view.getInt32(i + 12, true), 0)
  }
  for (; i < to; i++) crc = at((crc ^ view.getUint8(i)) & 0xff) ^ (crc >>> 8)
  return ~crc >>> 0
}
