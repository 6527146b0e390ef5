import { PoisonRecord, UnknownSchema } from '../kafka/codec.ts'
import type { KafkaSettings } from '../kafka/connect.ts'
import type { Projection } from '../kafka/projection.ts'
import { type Ranges, readToEnd } from '../kafka/read-to-end.ts'
import type { InRecord, Report } from '../kafka/record.ts'
import type { ClickFacts, DeadFacts, DeliveryFacts, OutcomeFacts, PostbackFacts } from './facts.ts'
import type { TakeIn } from './take-in.ts'

export type TopicsRead = {
  /** Records that no schema reads and that are not in topic `dead`: `topic/partition/offset`. */
  readonly buriedNowhere: readonly string[]
  /** By topic whose log no longer begins at 0: when its youngest first record was written, epoch milliseconds. From then on
   *  nothing is missing. */
  readonly wholeSinceMs: ReadonlyMap<string, number>
}

/** Whether the readers of a topic have yet to come to a record; of `held` each platform has its own. */
export type IsBehind = (record: InRecord, platform: string | null) => boolean

/** Reads the topics into the ledger. */
export async function readTopics(deps: {
  readonly client: KafkaSettings
  readonly report: Report
  readonly ranges: Ranges
  readonly projections: ReadonlyMap<string, Projection>
  readonly takeIn: TakeIn
  readonly isBehind: IsBehind
}): Promise<TopicsRead> {
  const { ranges, projections } = deps
  const unreadable = new Set<string>()
  const dead = new Set<string>()
  const wholeSinceMs = new Map<string, number>()
  const take = takerOf(deps, (facts) => dead.add(placeOf(facts)))

  async function takeOne(record: InRecord): Promise<void> {
    try {
      take(record)
    } catch (error) {
      if (error instanceof PoisonRecord) {
        unreadable.add(placeOf(record))
        return
      }
      if (!(error instanceof UnknownSchema)) throw error
      await projections
        .get(record.topic)
        ?.resolve(error.id)
        .catch((said: unknown) => {
          if (!(said instanceof PoisonRecord)) throw said
          unreadable.add(placeOf(record))
        })
      if (!unreadable.has(placeOf(record))) await takeOne(record)
    }
  }

  await readToEnd({
    client: deps.client,
    report: deps.report,
    ranges,
    async onBatch({ topic, partition, records }) {
      const start = ranges.get(topic)?.get(partition)?.start ?? 0
      for (const record of records) {
        if (record.offset === start && start > 0) wholeSinceMs.set(topic, Math.max(wholeSinceMs.get(topic) ?? 0, record.timestampMs))
        await takeOne(record)
      }
    },
  })
  return { buriedNowhere: [...unreadable].filter((place) => !dead.has(place)), wholeSinceMs }
}

type Deps = { readonly projections: ReadonlyMap<string, Projection>; readonly takeIn: TakeIn; readonly isBehind: IsBehind }

/** Hands a record to the ledger by its topic. Throws what its projection throws, before anything is taken in. */
function takerOf({ projections, takeIn, isBehind }: Deps, bury: (facts: DeadFacts) => void): (record: InRecord) => void {
  // Each projection reads the schema of its topic, which has these fields.
  const facts = (record: InRecord): unknown => (record.value === null ? null : projections.get(record.topic)?.decode(record.value))
  const keyOf = (record: InRecord): string => record.key?.toString() ?? ''
  const at = (record: InRecord, platform: string | null = null) => ({
    partition: record.partition,
    timestampMs: record.timestampMs,
    behind: isBehind(record, platform),
  })
  const takers: Readonly<Record<string, (record: InRecord) => void>> = {
    postbacks: (record) => takeIn.postback(facts(record) as PostbackFacts, at(record)),
    clicks: (record) => takeIn.click(keyOf(record), facts(record) as ClickFacts | null, record.timestampMs),
    pending: (record) => takeIn.pending(keyOf(record), record.value !== null),
    outcomes: (record) => takeIn.outcome(facts(record) as OutcomeFacts),
    dead: (record) => bury(facts(record) as DeadFacts),
  }
  const takeDelivery = (record: InRecord): void => {
    const delivery = facts(record) as DeliveryFacts
    takeIn.delivery(record.topic, delivery, at(record, delivery.platform))
  }
  return (record) => {
    if (record.value === null && record.topic !== 'clicks' && record.topic !== 'pending') return
    const take = takers[record.topic] ?? takeDelivery
    take(record)
  }
}

const placeOf = ({ topic, partition, offset }: DeadFacts): string => `${topic}/${partition}/${offset}`
