import { foldKey } from '../events/keys.ts'
import { type TextBytes, textBytes } from '../events/text-bytes.ts'

const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/** Kafka's murmur2 (org.apache.kafka.common.utils.Utils.murmur2), as a signed 32-bit integer. */
export function murmur2({ bytes, words, length }: TextBytes): number {
  let h = SEED ^ length
  const whole = length >> 2
  for (let i = 0; i < whole; i++) {
    let k = Math.imul(words[i] as number, M) // within the array, as below
    k = Math.imul(k ^ (k >>> R), M)
    h = Math.imul(h, M) ^ k
  }
  const at = whole << 2
  const rest = length - at
  if (rest === 3) h ^= (bytes[at + 2] as number) << 16
  if (rest >= 2) h ^= (bytes[at + 1] as number) << 8
  if (rest >= 1) h = Math.imul(h ^ (bytes[at] as number), M)
  h = Math.imul(h ^ (h >>> 13), M)
  return h ^ (h >>> 15)
}

/** Where Java's default partitioner puts the key. */
export const partitionOf = (key: string, partitions: number): number => (murmur2(textBytes(key)) & 0x7fff_ffff) % partitions

/** What the partition of a click's key is computed from: the click id folded, so that spellings of one id meet in one
 *  place, while matching stays byte for byte. Keys of other forms are left as they are. */
export const joinKey = foldKey

/** Partition in `postbacks` and `clicks`; a record of `pending` lies where its postback's key does. */
export const joinPartitionOf = (key: string, partitions: number): number => partitionOf(joinKey(key), partitions)
