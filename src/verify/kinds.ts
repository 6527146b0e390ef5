/** Every kind of difference, in the order of the path, and what it means. */
export const KINDS = {
  behind: 'A reader has records before it that were there when the audit began, so what follows from them could not be asked for yet.',
  unreadable_not_in_dead: 'A record that no schema reads is not in topic dead: nobody will ever look at it.',
  accepted_not_in_postbacks: 'The edge answered 2xx and the postback is not in its topic: it is lost.',
  postback_without_outcome: 'Attribution has passed the postback and said nothing about it.',
  outcome_without_postback: 'The audit log speaks of a postback that is in no topic.',
  attributed_twice: 'More than one last decision about one postback.',
  held_twice: 'One postback was put into waiting twice for one reason.',
  held_not_pending: 'The log says that it waits, and nothing in topic pending waits: it will never be decided.',
  pending_after_decision: 'It was decided, and a record in topic pending still waits for it.',
  pending_without_postback: 'A record in topic pending waits for a postback that is in no topic.',
  decision_differs: 'Clicks and postbacks, read anew, lead to another decision.',
  queued_not_in_deliver: 'A delivery was queued, and no record of that moment is in deliver.<platform>: it will never be sent.',
  deliver_not_queued: 'A record for a platform that no decision of attribution queued.',
  queued_twice: 'Attribution queued one delivery twice.',
  delivery_lost: 'A delivery has no last word and waits nowhere.',
  forwarded_twice: 'A delivery was concluded as forwarded more often than it was queued.',
  not_at_twin: 'The log says that the platform accepted it, and the platform does not know it.',
  at_twin_without_outcome: 'The platform knows a conversion of these accounts that no outcome tells of.',
  twice_at_twin: 'The platform counts one conversion twice, after its own deduplication.',
  clickhouse_event_missing: 'A postback has no row in v_events.',
  clickhouse_event_unknown: 'v_events has a row of a postback that is in no topic.',
  clickhouse_event_twice: 'v_events has several rows of one postback.',
  clickhouse_event_differs: 'v_events shows another status than the topics say.',
  clickhouse_delivery_missing: 'A delivery has no row in v_deliveries.',
  clickhouse_delivery_unknown: 'v_deliveries has a row of a delivery that no outcome tells of.',
  clickhouse_delivery_twice: 'v_deliveries has several rows of one delivery.',
  clickhouse_delivery_differs: 'v_deliveries shows another status than the topics say.',
} as const
export type Kind = keyof typeof KINDS

export type Difference = {
  readonly kind: Kind
  readonly meaning: string
  /** How many there are. */
  readonly count: number
  /** The first of them: ids, and what differs. */
  readonly examples: readonly { readonly id: string; readonly detail: string }[]
}

export type Findings = {
  found(kind: Kind, id: string, detail?: string, by?: number): void
  /** In the order of KINDS. */
  differences(): Difference[]
}

/** Keeps the first `limit` of each kind and counts them all. */
export function createFindings(limit: number): Findings {
  const counts = new Map<Kind, number>()
  const examples = new Map<Kind, { id: string; detail: string }[]>()
  return {
    found(kind, id, detail = '', by = 1) {
      counts.set(kind, (counts.get(kind) ?? 0) + by)
      const kept = examples.getOrInsertComputed(kind, () => [])
      if (kept.length < limit) kept.push({ id, detail })
    },
    differences: () =>
      (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
        const count = counts.get(kind)
        return count === undefined ? [] : [{ kind, meaning: KINDS[kind], count, examples: examples.get(kind) ?? [] }]
      }),
  }
}
