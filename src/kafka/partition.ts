import { writeUtf8 } from '../events/ascii.ts'
import { foldKey } from '../events/keys.ts'

const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/** Kafka's murmur2 (org.apache.kafka.common.utils.Utils.murmur2) of the first `length` bytes, as a signed 32-bit integer. */
export function murmur2(bytes: Uint8Array, length = bytes.length): number {
  let h = SEED ^ length
  const whole = length & ~3
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(word(bytes, i), M)
    k = Math.imul(k ^ (k >>> R), M)
    h = Math.imul(h, M) ^ k
  }
  const rest = length - whole
  if (rest === 3) h ^= (bytes[whole + 2] as number) << 16
  if (rest >= 2) h ^= (bytes[whole + 1] as number) << 8
  if (rest >= 1) h = Math.imul(h ^ (bytes[whole] as number), M)
  h = Math.imul(h ^ (h >>> 13), M)
  return h ^ (h >>> 15)
}

/** The caller keeps within the array. */
const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)

let scratch = Buffer.allocUnsafe(1_024)

/** Where Java's default partitioner puts the key. */
export function partitionOf(key: string, partitions: number): number {
  if (key.length * 3 > scratch.length) scratch = Buffer.allocUnsafe(key.length * 3)
  return (murmur2(scratch, writeUtf8(scratch, key)) & 0x7fff_ffff) % partitions
}

/** What the partition of a click's key is computed from: the click id folded, so that spellings of one id meet in one
 *  place, while matching stays byte for byte. Keys of other forms are left as they are. */
export const joinKey = foldKey

/** Partition in `postbacks` and `clicks`; a record of `pending` lies where its postback's key does. */
export const joinPartitionOf = (key: string, partitions: number): number => partitionOf(joinKey(key), partitions)
