/** Memory of produce requests, used again once the broker has answered: V8 collects its whole heap after some 64 MB of buffers that
 *  outlive a young collection, and these do, being alive until the answer comes. From the smallest to the largest. */
const spare: Buffer[] = []
/** As many as there are brokers that answer at once, nearly always. */
const SPARE_MAX = 4
/** Smaller ones are cut out of a slab. */
const LENT_FROM_BYTES = 65_536
const STEP_BYTES = 262_144
/** What one request of a transaction takes (`requests.ts`), with what is around it. */
const KEPT_MAX_BYTES = 9_000_000

const lent = new WeakMap<object, Buffer>()

/** At least so many bytes for the request of `owner`. */
export function lendMemory(owner: object, bytes: number): Buffer {
  if (bytes < LENT_FROM_BYTES) return Buffer.allocUnsafe(bytes)
  const at = spare.findIndex(({ length }) => length >= bytes)
  const memory = at >= 0 ? (spare.splice(at, 1)[0] as Buffer) : Buffer.allocUnsafeSlow(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES)
  lent.set(owner, memory)
  return memory
}

/** Only after the broker's answer: until then a socket may still have to write it. Of too many the smallest goes. */
export function returnMemory(owner: object): void {
  const memory = lent.get(owner)
  if (memory === undefined) return
  lent.delete(owner)
  if (memory.length > KEPT_MAX_BYTES) return
  spare.push(memory)
  spare.sort((a, b) => a.length - b.length)
  if (spare.length > SPARE_MAX) spare.shift()
}
