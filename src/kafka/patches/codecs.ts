import { promisify } from 'node:util'
import { gzip, unzipSync, zstdCompress, zstdDecompressSync } from 'node:zlib'

/** As the lowest three bits of a record batch's attributes name them; snappy (2) and lz4 (3) are not ours. */
export const COMPRESSION = { none: 0, gzip: 1, zstd: 4 } as const
export type Compression = keyof typeof COMPRESSION

/** A record batch holds 1 MiB compressed by default; what becomes more than this is not ours. */
const MAX_BYTES = 268_435_456

const gzipped = promisify(gzip) as (bytes: Buffer) => Promise<Buffer>
const zstandard = promisify(zstdCompress) as (bytes: Buffer) => Promise<Buffer>

/** On zlib's threads. Throws TypeError for a codec we do not have. */
export async function compress(codec: number, bytes: Buffer): Promise<Buffer> {
  if (codec === COMPRESSION.gzip) return gzipped(bytes)
  if (codec === COMPRESSION.zstd) return zstandard(bytes)
  throw new TypeError(`compression ${codec} is not one of ours`)
}

/** Throws what zlib throws, or TypeError for a codec we do not have. */
export function decompress(codec: number, bytes: Buffer): Buffer {
  if (codec === COMPRESSION.gzip) return unzipSync(bytes, { maxOutputLength: MAX_BYTES })
  if (codec === COMPRESSION.zstd) return zstdDecompressSync(bytes, { maxOutputLength: MAX_BYTES })
  throw new TypeError(`compression ${codec} is read by nobody here; set compression.type of the topic and its producers to zstd`)
}
