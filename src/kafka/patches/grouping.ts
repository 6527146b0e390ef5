import type { Message } from './record-batch.ts'

export type Placed = Message & { readonly partition?: number }

/** Stock copies the array of a partition for every message: 20,000 messages take 2 s. The partition is ours, always
 *  explicit; one without it is a mistake in our code. */
export function groupByPartition<M extends Placed>(topic: string, messages: readonly M[]): Map<number, M[]> {
  const groups = new Map<number, M[]>()
  for (const message of messages) {
    const { partition } = message
    if (partition === undefined) throw new TypeError(`a record for ${topic} has no partition`)
    const group = groups.get(partition)
    if (group === undefined) groups.set(partition, [message])
    else group.push(message)
  }
  return groups
}
