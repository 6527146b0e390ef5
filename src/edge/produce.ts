import type { Click } from '../events/click.ts'
import { clickKey, foldClickId, postbackKey } from '../events/keys.ts'
import type { Postback } from '../events/postback.ts'
import type { EdgeDeps, Outgoing } from './deps.ts'

export function postbackRecord(deps: EdgeDeps, postback: Postback): Outgoing {
  const { key, partitionKey } = postbackKey(postback)
  return { topic: 'postbacks', partition: deps.partitionOf(partitionKey, deps.partitions), key, value: deps.encode.postback(postback) }
}

/** One record per id of the click, each listing all of them. */
export function clickRecords(deps: EdgeDeps, click: Click): Outgoing[] {
  return click.ids.map((id) => ({
    topic: 'clicks',
    partition: deps.partitionOf(clickKey(click.workspace_id, foldClickId(id)), deps.partitions),
    key: clickKey(click.workspace_id, id),
    value: deps.encode.click({ ...click, click_id: id }),
  }))
}

/** True once every record is acknowledged; false when one was not, or not within `withinMs`. */
export async function stored(deps: EdgeDeps, records: readonly Outgoing[], withinMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(resolve, withinMs, false)
  try {
    return await Promise.race([late, Promise.all(records.map((record) => deps.producer.send(record))).then(() => true)])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
