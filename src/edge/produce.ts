import type { Click } from '../events/click.ts'
import { clickKey, foldClickId, postbackKey } from '../events/keys.ts'
import type { Postback } from '../events/postback.ts'
import type { EdgeDeps, Outgoing } from './deps.ts'
import type { Stored } from './storage.ts'

export const postbackRecord = (deps: EdgeDeps, postback: Postback): Outgoing => namedRecord(deps, postback, deps.encode.postback(postback))

/** `value`: its bytes. */
export function namedRecord(deps: EdgeDeps, named: Parameters<typeof postbackKey>[0], value: Buffer): Outgoing {
  const { key, partitionKey } = postbackKey(named)
  return { topic: 'postbacks', partition: deps.partitionOf(partitionKey, deps.partitions), key, value }
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

/** One postback, counted by what became of it: `outcome` where it is kept. */
export async function storeOne(deps: EdgeDeps, record: Outgoing, outcome: string): Promise<Stored> {
  const stored = await deps.storage.keep(record)
  deps.metrics.count('edge_postbacks_total', { outcome: stored.kind === 'kept' ? outcome : 'not_stored' })
  return stored
}

export const storePostback = (deps: EdgeDeps, postback: Postback): Promise<Stored> =>
  storeOne(deps, postbackRecord(deps, postback), outcomeOf(postback))

export const outcomeOf = ({ quarantined }: Postback): string => quarantined ?? 'received'
