const UINT48_BYTES = 6

/** Keys of the local tables begin with the partition, so that a partition is one range of each. */
export function prefixed(partition: number, rest: Uint8Array): Buffer {
  const key = Buffer.allocUnsafe(2 + rest.length)
  key.writeUInt16BE(partition, 0)
  key.set(rest, 2)
  return key
}
export const keyOf = (partition: number, text: string): Buffer => prefixed(partition, Buffer.from(text))

/** Six bytes, the first the highest: offsets and milliseconds in the order of their numbers. What is larger stands last. */
export function uint48(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(UINT48_BYTES)
  bytes.writeUIntBE(Math.min(value, 2 ** 48 - 1), 0, UINT48_BYTES)
  return bytes
}
export const readUint48 = (bytes: Buffer, at = 0): number => bytes.readUIntBE(at, UINT48_BYTES)
