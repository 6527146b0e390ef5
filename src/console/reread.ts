import { readAgain } from '../api/read/again.ts'
import { postbackKey } from '../events/keys.ts'
import type { Postback } from '../events/postback.ts'
import type { Kept } from '../store/unmapped.ts'
import { DEDUPE_WINDOW_MAX_DAYS, type Source } from '../workspaces/schema.ts'

/** First sights are known this long: what came earlier could be counted beside a repeat that was decided meanwhile. */
export const REREAD_WITHIN_MS = DEDUPE_WINDOW_MAX_DAYS * 86_400_000
const PAGE = 500
/** Looked at in one call; the answer says where to go on. */
const CALL_MAX = 5_000
export const FIRST_ID = '00000000-0000-0000-0000-000000000000'

export type Cursor = readonly [receivedMs: number, postbackId: string]

export type Reread = {
  /** Went onto topic `postbacks` once more and are decided again. */
  readonly read_again: number
  /** Their words have no meaning yet, or none that makes an event. */
  readonly still_unmapped: number
  /** Where the next call goes on; null: everything was looked at. */
  readonly next: Cursor | null
}

export type RereadDeps = {
  readonly kept: (workspaceId: string, sourceId: string, after: Cursor, limit: number) => Promise<Kept[]>
  /** Resolves once the record is acknowledged. */
  readonly publish: (partition: number, key: string, postback: Postback) => Promise<unknown>
  /** Offset of topic `workspaces` up to which the map was read: attribution waits for it. */
  readonly workspacesOffset: () => number
  readonly nowMs: () => number
}

/** Reads the kept postbacks of a source once more with its map as it is. Each goes onto its own partition under its own id, so that
 *  attribution, which knows the ids it has decided again, decides each once, however often this is called. */
export async function reread(deps: RereadDeps, workspaceId: string, source: Source, from: Cursor | undefined): Promise<Reread> {
  const nowMs = deps.nowMs()
  const oldest: Cursor = [nowMs - REREAD_WITHIN_MS, FIRST_ID]
  let after = from !== undefined && from[0] > oldest[0] ? from : oldest
  let readAgainCount = 0
  let looked = 0
  while (looked < CALL_MAX) {
    const page = await deps.kept(workspaceId, source.id, after, PAGE)
    const known = page.flatMap(({ postback, partition }) => {
      const again = readAgain(postback, source, nowMs)
      return again === null ? [] : [{ partition, postback: { ...again, workspaces_offset: deps.workspacesOffset() } }]
    })
    await Promise.all(known.map(({ partition, postback }) => deps.publish(partition, postbackKey(postback).key, postback)))
    readAgainCount += known.length
    looked += page.length
    const last = page.at(-1)?.postback
    if (last === undefined || page.length < PAGE) return { read_again: readAgainCount, still_unmapped: looked - readAgainCount, next: null }
    after = [last.received_at, last.postback_id]
  }
  return { read_again: readAgainCount, still_unmapped: looked - readAgainCount, next: after }
}
