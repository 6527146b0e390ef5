import type { PlatformId } from '../events/words.ts'
import { Column } from './column.ts'
import { IdTable } from './id-table.ts'
import { createNames } from './names.ts'

/** What a postback carries that decides about it, as bits. */
export const TRAITS = {
  quarantined: 1,
  /** A platform id that proves an ad click came with it. */
  inline: 2,
  /** The click id was a macro or blank. */
  fault: 4,
  no_click_id: 8,
  /** Its key is revoked now; whether it was when this was decided, no record tells. */
  revoked: 16,
  /** Of a backend, with a transaction id and no click id: it joins the click that its transaction was matched with. */
  by_transaction: 32,
  /** Its source had another policy of repeats at some time. */
  policy_changed: 64,
} as const

/** Everything the audit knows, as columns over rows: some 250 bytes for a postback with its click and its delivery. */
export type Ledger = ReturnType<typeof createLedger>

export function createLedger() {
  return {
    workspaces: createNames(),
    whys: createNames(),
    /** `<workspace> <destination>` */
    destinations: createNames(),
    postbacks: {
      ids: new IdTable(),
      workspace: new Column('u16'),
      /** Epoch milliseconds; 0: no record has told. */
      receivedAt: new Column('f64'),
      accepted: new Column('u8'),
      /** Records in `postbacks`; more than one is a technical repeat. */
      records: new Column('u8'),
      /** 1: its words were given a meaning later, and it lies in the log a second time, as what it is since then. */
      again: new Column('u8'),
      /** 1: attribution had not come to it yet. */
      behind: new Column('u8'),
      traits: new Column('u8'),
      /** event_time, else received_at. */
      happenedAt: new Column('f64'),
      /** Row in `clicks` + 1 of its click id, or of its transaction where that is all it has; 0: none. */
      click: new Column('u32'),
      /** Row of what makes it one with its repeats in `fingerprints` + 1. */
      fingerprint: new Column('u32'),
      deferred: new Column('u8'),
      held: new Column('u8'),
      /** Reasons it was held for, a bit each, and how often one came that was told before. */
      heldFor: new Column('u32'),
      heldAgain: new Column('u8'),
      matched: new Column('u8'),
      unmatched: new Column('u8'),
      duplicate: new Column('u8'),
      quarantined: new Column('u8'),
      /** When the first last decision was made, and how many more bear the same moment: one record written twice. */
      decidedAt: new Column('f64'),
      decidedAlike: new Column('u8'),
      matchedBy: new Column('u8'),
      why: new Column('u8'),
      /** The last record of its key in `pending`: 0 none, 1 live, 2 a tombstone. */
      pending: new Column('u8'),
      storedRows: new Column('u8'),
      /** Number of the status in STATUSES. */
      storedStatus: new Column('u8'),
      /** 1: a row about it came into ClickHouse after the ends of the topics were asked. */
      movedOn: new Column('u8'),
    },
    /** Rows of first records in `postbacks`, in the order of the log, by partition. */
    order: new Map<number, number[]>(),
    fingerprints: { ids: new IdTable() },
    clicks: {
      ids: new IdTable(),
      records: new Column('u32'),
      tombstones: new Column('u8'),
      firstClickedAt: new Column('f64'),
      lastClickedAt: new Column('f64'),
      /** When its first record was written. */
      cameAt: new Column('f64'),
    },
    /** Postback x destination; an id is [row of the postback, number of the destination, 0, 0]. */
    deliveries: {
      ids: new IdTable(),
      /** Outcomes of attribution that queued it, and when the first did. */
      queued: new Column('u8'),
      queuedAt: new Column('f64'),
      /** First records in `deliver.<platform>`, and what the first says of when it was queued. */
      recorded: new Column('u8'),
      recordedAt: new Column('f64'),
      /** Records that a forwarder or the console moved on: to a tier, to `held`, back to the platform. */
      moved: new Column('u16'),
      /** 1: a record of it was not taken up yet. */
      waiting: new Column('u8'),
      forwarded: new Column('u8'),
      /** When it was first concluded as forwarded, and how many more outcomes bear the same moment. */
      forwardedAt: new Column('f64'),
      forwardedAlike: new Column('u8'),
      /** 1: a last word was said. */
      concluded: new Column('u8'),
      /** Where it stands: level of life, time and rank in one number, as ClickHouse orders them. */
      state: new Column('f64'),
      /** Row in `beliefs` + 1. */
      belief: new Column('u32'),
      storedRows: new Column('u8'),
      /** Number of the stage in DELIVERY_STAGES. */
      storedStage: new Column('u8'),
    },
    /** What a twin knows a conversion by: platform, account, event and id. */
    beliefs: {
      ids: new IdTable(),
      forwarded: new Column('u16'),
      /** As the twin lists them before the topics are read, and after. */
      before: new Column('u16'),
      after: new Column('u16'),
    },
    /** Beliefs of a twin that no outcome had told of when they were listed. */
    strangers: [] as { readonly row: number; readonly id: string; readonly event: string }[],
    /** Platforms whose twin was asked. */
    asked: new Set<PlatformId>(),
    counts: new Map<string, number>(),
  }
}

export function count(ledger: Ledger, name: string, by = 1): void {
  ledger.counts.set(name, (ledger.counts.get(name) ?? 0) + by)
}
