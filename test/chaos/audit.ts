import type { Delivery } from '../../src/events/conversion.ts'
import type { Outcome } from '../../src/events/outcome.ts'
import type { Postback } from '../../src/events/postback.ts'
import { type Codec, createCodec, PoisonRecord, UnknownSchema } from '../../src/kafka/codec.ts'
import type { KafkaSettings } from '../../src/kafka/connect.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { readSchema } from '../../src/roles/context.ts'
import { createDigest } from './digest.ts'
import { type Ending, expectedOf, type Logged } from './expected.ts'
import { readByJava } from './java-reader.ts'
import { type Read, readTopic } from './read-topic.ts'
import { numberOf, PLATFORMS, platformOf, type Scenario, shots, transactionOf } from './scenario.ts'
import type { Tenant } from './tenants.ts'

export type Audit = {
  /** What is wrong, by kind; empty: everything agrees. */
  readonly differences: Readonly<Record<string, readonly string[]>>
  readonly counts: Readonly<Record<string, number>>
}

const SHOWN = 20

/** Compares by id what the senders were told, the topics read committed, what the platforms believe, ClickHouse, and what Kafka's
 *  own consumer reads where `java` asks for it. */
export async function audit(deps: {
  readonly stack: Stack
  readonly tenants: readonly Tenant[]
  readonly scenario: Scenario
  readonly accepted: ReadonlyMap<string, number>
  readonly java: boolean
  /** False: they have been started anew since, and remember nothing from before. */
  readonly askTwins: boolean
}): Promise<Audit> {
  const { stack, tenants, scenario, accepted } = deps
  const client: KafkaSettings = { brokers: stack.kafka_brokers.split(','), clientId: 'audit', report: () => undefined }
  const codec = await auditCodec(stack)
  /** null: poison, which is none of what was sent. `Value` is what the topic's schema says. */
  const read = <Value>(value: Buffer): Value | null => {
    try {
      return codec.decode(value) as Value
    } catch (error) {
      if (error instanceof PoisonRecord || error instanceof UnknownSchema) return null
      throw error
    }
  }
  const mine = new Map(tenants.map((tenant) => [tenant.id, tenant]))
  const shotOf = shots(scenario)
  const { note, differences } = notes()

  const log: Logged[] = []
  const numbers = new Map<string, number>()
  const places = new Map<string, { partition: number; offset: number }>()
  await readTopic(client, 'postbacks', (value, partition, offset) => {
    const postback = read<Postback>(value)
    if (postback === null || !mine.has(postback.workspace_id)) return
    const { postback_id, reading } = postback
    const transaction = numberOf(scenario, reading.transaction_id)
    if (transaction === null) return note('a postback nobody sent', postback_id)
    if (!places.has(postback_id)) places.set(postback_id, { partition, offset })
    numbers.set(postback_id, transaction)
    log.push({ postbackId: postback_id, transaction })
  })
  for (const [id, n] of accepted) if (numbers.get(id) !== n) note('accepted and not in postbacks', id)
  const { endings, times } = expectedOf(log, (n) => shotOf(n).clickMs !== null)
  for (let n = 0, sent = new Set(numbers.values()); n < scenario.postbacks; n++)
    if (!sent.has(n)) note('never in postbacks', transactionOf(scenario, n))

  const decided = new Map<string, string[]>()
  const decidedAt = new Map<string, number[]>()
  const forwarded = new Map<string, string[]>()
  const outcomes = await readTopic(client, 'outcomes', (value, partition, offset) => {
    const outcome = read<Outcome>(value)
    if (outcome === null || !mine.has(outcome.workspace_id)) return
    if (outcome.stage === null) {
      if (outcome.deliveries[0]?.stage !== 'forwarded') return
      const told = `${new Date(outcome.at).toISOString().slice(11, 23)} in outcomes-${partition} at ${offset}`
      forwarded.set(outcome.postback_id, [...(forwarded.get(outcome.postback_id) ?? []), told])
      return
    }
    const { postback_id, stage, at } = outcome
    const before = decided.get(postback_id)
    if (before === undefined) {
      decided.set(postback_id, [stage])
      decidedAt.set(postback_id, [at])
    } else {
      before.push(stage)
      decidedAt.get(postback_id)?.push(at)
    }
  })
  const spread = new Map<string, number[]>()
  for (const [id, ending] of endings) {
    const stages = decided.get(id) ?? []
    if (mayEnd(stages, ending, times.get(id) ?? 1)) continue
    const { partition, offset } = places.get(id) ?? {}
    const kind = stages.length === 0 ? 'lost: no outcome' : stages.length === 1 ? 'decided otherwise' : 'decided twice'
    const when = (decidedAt.get(id) ?? []).map((at) => new Date(at).toISOString().slice(11, 23))
    note(kind, `${id} must be ${ending}, is ${stages.join(' ')} (postbacks-${partition} at ${offset}, decided ${when.join(' ')})`)
    spread.set(`${kind}: postbacks-${partition}`, [...(spread.get(`${kind}: postbacks-${partition}`) ?? []), offset ?? -1])
  }
  for (const [where, offsets] of spread)
    note('where', `${where}: ${offsets.length} from offset ${Math.min(...offsets)} to ${Math.max(...offsets)}`)
  for (const id of decided.keys()) if (!endings.has(id)) note('an outcome of no postback', id)

  for (const [id, told] of forwarded)
    if (told.length > 1) note('forwarded twice', `${id} as ${platformOf(numbers.get(id) ?? 0)}: ${told.join(', ')}`)

  const delivered = new Map<string, number>()
  const reads: [string, Read][] = [['outcomes', outcomes]]
  for (const platform of PLATFORMS) {
    const topic = `deliver.${platform}`
    const seen = await readTopic(client, topic, (value) => {
      const delivery = read<Delivery>(value)
      if (delivery === null) return
      const { conversion, destination_id, attempts, queued_at, moved_at } = delivery
      const tenant = mine.get(conversion.workspace_id)
      // What forward puts back is the same delivery again, moved.
      if (tenant === undefined || attempts > 0 || queued_at !== moved_at) return
      const { postback_id } = conversion
      const n = numbers.get(postback_id)
      if (n === undefined || platformOf(n) !== platform || tenant.destinations[platform] !== destination_id)
        note('delivered to the wrong destination', postback_id)
      delivered.set(postback_id, (delivered.get(postback_id) ?? 0) + 1)
    })
    reads.push([topic, seen])
  }
  for (const [id, ending] of endings) {
    const [is, must] = [delivered.get(id) ?? 0, ending === 'matched' ? 1 : 0]
    if (is !== must) note('deliveries', `${id} (${ending}) has ${is}, not ${must}`)
  }

  const matched = new Set([...endings].flatMap(([id, ending]) => (ending === 'matched' ? [numbers.get(id) ?? -1] : [])))
  const believed = await believedBy(stack, scenario, note)
  for (const n of deps.askTwins ? matched : []) if (!believed.has(n)) note('lost: never at its platform', transactionOf(scenario, n))
  for (const n of believed) if (!matched.has(n)) note('at a platform and not matched', transactionOf(scenario, n))

  const rows = await statusesOf(stack, tenants, note)
  for (const [id, ending] of endings) {
    const must = ending === 'matched' ? 'forwarded' : ending
    if (rows.get(id) !== must) note('ClickHouse', `${id} must be ${must}, is ${rows.get(id) ?? 'not there'}`)
  }
  for (const id of rows.keys()) if (!endings.has(id)) note('a row of no postback', id)

  const otherwise = await Promise.all((deps.java ? reads : []).map(([topic, read]) => againstJava(stack.kafka_brokers, topic, read)))
  for (const one of otherwise.flat()) note('the Java consumer reads otherwise', one)

  const of = (which: Ending) => [...endings.values()].filter((ending) => ending === which).length
  return {
    differences: differences(),
    counts: {
      accepted: accepted.size,
      in_postbacks: endings.size,
      repeats: [...times.values()].reduce((sum, one) => sum + one - 1, 0),
      matched: of('matched'),
      held: of('held'),
      duplicate: of('duplicate'),
      outcomes: outcomes.count,
      deliveries: [...delivered.values()].reduce((sum, one) => sum + one, 0),
      at_twins: believed.size,
      in_clickhouse: rows.size,
      records_read: reads.reduce((sum, [, read]) => sum + [...read.digest.values()].reduce((all, { count }) => all + count, 0), 0),
    },
  }
}

/** Attribution decides once; what waited is decided once more. Of a duplicate only the first of its transaction is remembered, so
 *  that one which lies in the log twice is told twice. */
const mayEnd = (stages: readonly string[], ending: Ending, times: number): boolean =>
  (ending === 'duplicate' && stages.length <= times && stages.length > 0 && stages.every((stage) => stage === 'duplicate')) ||
  (stages.length === 1 && stages[0] === ending) ||
  (ending === 'matched' && stages.length === 2 && stages[0] === 'held' && stages[1] === 'matched')

async function againstJava(brokers: string, topic: string, { digest, ends }: Read): Promise<string[]> {
  const java = createDigest(ends)
  const lasts = new Map([...digest].map(([partition, { last }]) => [partition, last]))
  if (lasts.size === 0) return []
  await readByJava(brokers, topic, lasts, java.add)
  const theirs = java.ofPartition()
  return [...ends.keys()].flatMap((partition) => {
    const [we, they] = [digest.get(partition), theirs.get(partition)]
    return we?.count === they?.count && we?.sha256 === they?.sha256
      ? []
      : [`${topic}-${partition}: we ${we?.count ?? 0} records, it ${they?.count ?? 0}, or other keys`]
  })
}

/** Numbers of the transactions that the platforms count, each after its own deduplication. */
async function believedBy(stack: Stack, scenario: Scenario, note: Note): Promise<Set<number>> {
  const all = new Set<number>()
  for (const platform of PLATFORMS) {
    const { items } = (await (await fetch(`${stack.twins[platform]}/_twin/conversions`)).json()) as {
      items: { event_id: string | null; destination: string }[]
    }
    for (const { event_id, destination } of items) {
      const n = numberOf(scenario, event_id)
      if (n === null) continue
      if (all.has(n) || platformOf(n) !== platform) note('delivered twice, or to another platform', `${event_id} at ${destination}`)
      all.add(n)
    }
  }
  return all
}

async function statusesOf(stack: Stack, tenants: readonly Tenant[], note: Note): Promise<Map<string, string>> {
  const list = tenants.map(({ id }) => `'${id}'`).join(', ')
  const query = `SELECT toString(postback_id), toString(status) FROM postback.v_events WHERE workspace_id IN (${list}) FORMAT TabSeparated`
  const response = await fetch(stack.clickhouse_url, { method: 'POST', body: query })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  const rows = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [id, status] = line.split('\t')
    if (id === undefined || status === undefined) continue
    if (rows.has(id)) note('twice in ClickHouse', id)
    rows.set(id, status)
  }
  return rows
}

const auditCodec = (stack: Stack): Promise<Codec> =>
  createCodec({
    registryUrl: stack.schema_registry_url,
    schemas: Object.fromEntries([
      ['postbacks-value', readSchema('postback')],
      ['outcomes-value', readSchema('outcome')],
      ...PLATFORMS.map((platform) => [`deliver.${platform}-value`, readSchema('delivery')]),
    ]),
  })

type Note = (kind: string, what: string) => void

/** The first twenty of each kind, and how many more. */
function notes(): { note: Note; differences: () => Record<string, string[]> } {
  const found = new Map<string, { count: number; shown: string[] }>()
  return {
    note(kind, what) {
      const one = found.get(kind) ?? { count: 0, shown: [] }
      found.set(kind, one)
      one.count++
      if (one.shown.length < SHOWN) one.shown.push(what)
    },
    differences: () =>
      Object.fromEntries(
        [...found].map(([kind, { count, shown }]) => [kind, count > shown.length ? [...shown, `and ${count - shown.length} more`] : shown]),
      ),
  }
}
