import type { ProducerState } from './send-messages.ts'

/** The sequence numbers of one idempotent producer, and the order of its sends. */
export type Sequences = {
  /** The first sequence number of so many records. 0 for a producer that is not idempotent. */
  take(topic: string, partition: number, records: number): number
  /** Runs after what was asked for before has ended, however it ended. */
  alone<T>(run: () => Promise<T>): Promise<T>
}

const MAX = 0x7fff_ffff
const known = new WeakMap<ProducerState, Sequences>()

/** As Java counts: 0 comes after 2^31 - 1, also amid a batch (DefaultRecordBatch.incrementSequence). */
export const nextSequence = (first: number, records: number): number => (first + records) % (MAX + 1)

/** kafkajs makes a sender per transaction, but sequences go on from one to the next. */
export function sequencesOf(producer: ProducerState): Sequences {
  const before = known.get(producer)
  if (before !== undefined) return before
  let identity = ''
  let next = new Map<string, number>()
  let tail: Promise<unknown> = Promise.resolve()
  const made: Sequences = {
    take(topic, partition, records) {
      if (!producer.isInitialized()) return 0
      const now = `${producer.getProducerId()}/${producer.getProducerEpoch()}`
      if (now !== identity) {
        identity = now
        next = new Map()
      }
      const place = `${topic}/${partition}`
      const first = next.get(place) ?? 0
      next.set(place, nextSequence(first, records))
      return first
    },
    alone(run) {
      const mine = tail.then(run)
      tail = mine.catch(() => undefined)
      return mine
    },
  }
  known.set(producer, made)
  return made
}
