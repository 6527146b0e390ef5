import type { Click } from '../events/click.ts'
import { clickKey, foldClickId, postbackKey } from '../events/keys.ts'
import type { Postback } from '../events/postback.ts'
import type { EdgeDeps, Outgoing } from './deps.ts'
import type { Stored } from './storage.ts'

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

/** One postback, counted by what became of it. */
export async function storePostback(deps: EdgeDeps, postback: Postback): Promise<Stored> {
  const stored = await deps.storage.store([postbackRecord(deps, postback)])
  deps.metrics.count('edge_postbacks_total', { outcome: stored.kind === 'kept' ? (postback.quarantined ?? 'received') : 'not_stored' })
  return stored
}
