import { isDeepStrictEqual } from 'node:util'
import type { ClickRecord } from '../events/click.ts'
import { GenerationChanged } from '../kafka/fault.ts'
import type { Outbox, StreamControl } from '../kafka/stream.ts'
import { mergeClicks } from './merge-click.ts'
import type { AttributionStore } from './store.ts'
import { AT_ONCE_MAX } from './worker.ts'

export type OwedClicks = {
  /** What is to lie in the table for a record of topic `clicks` beside the click that is `known` under its key, where it is not that
   *  record itself: the bytes of both clicks in one. */
  merged(partition: number, key: string, bytes: Buffer | null, known: ClickRecord | undefined, outbox: Outbox): Buffer | null
  /** Writes what the topic of a partition is owed. Throws GenerationChanged once it is no longer `ours`. */
  pay(partition: number, control: StreamControl, ours: () => boolean): Promise<void>
}

/** Clicks that were merged in the table and whose topic does not have them so yet. */
export function createOwedClicks(deps: {
  readonly store: Pick<AttributionStore, 'findClick' | 'owed'>
  readonly decodeClick: (bytes: Buffer) => ClickRecord
  readonly encode: (topic: string, value: object) => Buffer
  readonly isActive: (partition: number) => boolean
}): OwedClicks {
  const { store, decodeClick, encode, isActive } = deps

  /** The bytes of a click that adds to one we know; null when it stands as it came. Compaction will keep the last record of the
   *  key alone, so the merged one is written to the topic as well. Until it has come back the topic is owed it, whoever dies or
   *  moves in between: that is noted before the merge is in the table, and settled once a record adds nothing. */
  function merged(partition: number, key: string, bytes: Buffer | null, known: ClickRecord | undefined, outbox: Outbox): Buffer | null {
    if (bytes === null) {
      store.owed.settle(partition, key)
      return null
    }
    if (known === undefined) return null
    const click = decodeClick(bytes)
    const both = mergeClicks(known, click)
    if (isDeepStrictEqual(plain(both), plain(click))) {
      store.owed.settle(partition, key)
      return null
    }
    store.owed.note(partition, key)
    const value = encode('clicks', both)
    if (isActive(partition)) outbox.put({ topic: 'clicks', partition, key, value })
    return value
  }

  /** Writes what the topic of a partition is owed since a former process, or the restore, merged it. */
  async function pay(partition: number, control: StreamControl, ours: () => boolean): Promise<void> {
    for (let after = ''; ; ) {
      const keys = store.owed.keys(partition, after, AT_ONCE_MAX)
      const last = keys.at(-1)
      if (last === undefined) return
      await control.transact((outbox) => {
        for (const key of keys) {
          const { click } = store.findClick(partition, key)
          if (click === undefined) store.owed.settle(partition, key)
          else outbox.put({ topic: 'clicks', partition, key, value: encode('clicks', click) })
        }
      }, partition)
      if (!ours()) throw new GenerationChanged()
      after = last
    }
  }

  return { merged, pay }
}

/** Decoded records have a class of their own. */
const plain = (click: ClickRecord): unknown => ({ ...click, utm: { ...click.utm }, accepted: click.accepted.map((pair) => ({ ...pair })) })
