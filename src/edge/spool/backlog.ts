import type { Outgoing } from '../deps.ts'

export type Place = Pick<Outgoing, 'topic' | 'partition'>
export type Entry = { readonly position: number; readonly bytes: number }

/** What the broker does not have yet of one partition, in the order it came: two numbers an entry, since a full spool holds millions. */
export type Queue = Place & {
  readonly positions: number[]
  /** 0: the entry is done. */
  readonly sizes: number[]
  /** Before it all entries are done. */
  head: number
}

const COMPACT_FROM = 1_024

/** Which frames still have to go, by partition. */
export function createBacklog() {
  const queues = new Map<string, Queue>()
  let size = 0

  return {
    queues: (): Iterable<Queue> => queues.values(),
    get size() {
      return size
    },
    has: (place: Place): boolean => queues.has(nameOf(place)),
    queueOf: (place: Place): Queue | undefined => queues.get(nameOf(place)),
    /** Positions only grow. */
    add({ topic, partition }: Place, { position, bytes }: Entry): void {
      const name = nameOf({ topic, partition })
      let queue = queues.get(name)
      if (queue === undefined) {
        queue = { topic, partition, positions: [], sizes: [], head: 0 }
        queues.set(name, queue)
      }
      queue.positions.push(position)
      queue.sizes.push(bytes)
      size++
    },
    /** False: it was done before. */
    done(place: Place, position: number): boolean {
      const queue = queues.get(nameOf(place))
      if (queue === undefined) return false
      const { positions, sizes } = queue
      const at = indexOf(queue, position)
      if (positions[at] !== position || sizes[at] === 0) return false
      sizes[at] = 0
      size--
      while (sizes[queue.head] === 0) queue.head++
      if (queue.head === sizes.length) queues.delete(nameOf(place))
      else if (queue.head >= COMPACT_FROM && queue.head * 2 > sizes.length) {
        positions.splice(0, queue.head)
        sizes.splice(0, queue.head)
        queue.head = 0
      }
      return true
    },
    /** The next entries of a partition that are not done, at most so many. */
    next({ positions, sizes, head }: Queue, count: number): Entry[] {
      const taken: Entry[] = []
      for (let at = head; at < positions.length && taken.length < count; at++) {
        const [position, bytes] = [positions[at], sizes[at]]
        if (position !== undefined && bytes !== undefined && bytes > 0) taken.push({ position, bytes })
      }
      return taken
    },
  }
}
export type Backlog = ReturnType<typeof createBacklog>

/** Of the first entry that is not before the position. */
function indexOf({ positions, head }: Queue, position: number): number {
  let [low, high] = [head, positions.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((positions[middle] ?? 0) < position) low = middle + 1
    else high = middle
  }
  return low
}

export const nameOf = ({ topic, partition }: Place): string => `${topic}/${partition}`
