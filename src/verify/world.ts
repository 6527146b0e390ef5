import type { PlatformId } from '../events/words.ts'
import { createWorkspaceCopy } from '../workspaces/copy.ts'
import {
  DEFAULT_SETTINGS,
  type DedupePolicy,
  type Destination,
  readWorkspace,
  type Workspace,
  type WorkspaceRecord,
} from '../workspaces/schema.ts'

/** The least and the most that a setting has been: a decision may have been made under either. */
export type Span = { readonly least: number; readonly most: number }

export type Rules = { readonly windowMs: Span; readonly holdMs: Span; readonly dedupeMs: Span }

export type Place = {
  readonly workspaceId: string
  readonly platform: PlatformId
  readonly sandbox: boolean
  /** The accounts or pixels it has led to, as the twin names them; of Google the account alone. */
  readonly targets: ReadonlySet<string>
}

/** The configuration as the audit needs it: what is in force, and what was. */
export type World = {
  apply(record: WorkspaceRecord | null, key: string, offset: number): void
  rules(workspaceId: string): Rules
  /** `changed`: it was another one before. */
  dedupe(workspaceId: string, sourceId: string, event: string | null): DedupePolicy | undefined | 'changed'
  isRevoked(workspaceId: string, sourceId: string, keyVersion: number): boolean
  destination(workspaceId: string, destinationId: string): Place | undefined
  destinations(): Iterable<Place>
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export function createWorld(): World {
  const copy = createWorkspaceCopy()
  const rules = new Map<string, Rules>()
  const places = new Map<string, Place & { targets: Set<string> }>()
  /** Policy by source and event, as text. */
  const dedupes = new Map<string, Set<string>>()

  function learn(workspace: Workspace): void {
    const { attribution_window_days, hold_hours, dedupe_window_days } = workspace.settings
    const before = rules.get(workspace.id)
    rules.set(workspace.id, {
      windowMs: widened(before?.windowMs, Math.round(attribution_window_days * DAY_MS)),
      holdMs: widened(before?.holdMs, Math.round(hold_hours * HOUR_MS)),
      dedupeMs: widened(before?.dedupeMs, Math.round(dedupe_window_days * DAY_MS)),
    })
    for (const source of workspace.sources) {
      dedupes.getOrInsertComputed(`${workspace.id} ${source.id}`, () => new Set()).add(JSON.stringify(Object.entries(source.dedupe).sort()))
    }
    for (const destination of workspace.destinations) {
      const { platform, sandbox } = destination
      const place = places.getOrInsertComputed(`${workspace.id} ${destination.id}`, () => ({
        workspaceId: workspace.id,
        platform,
        sandbox,
        targets: new Set(),
      }))
      const target = targetOf(destination)
      if (target !== null) place.targets.add(target)
    }
  }

  return {
    apply(record, key, offset) {
      if (!copy.apply(record, key, offset).won || record === null) return
      const workspace = readWorkspace(record.doc)
      if (workspace !== null) learn(workspace)
    },
    rules: (workspaceId) => rules.get(workspaceId) ?? DEFAULT_RULES,
    dedupe(workspaceId, sourceId, event) {
      if ((dedupes.get(`${workspaceId} ${sourceId}`)?.size ?? 0) > 1) return 'changed'
      const source = copy.source(workspaceId, sourceId)
      return source?.dedupe[event ?? ''] ?? source?.dedupe['*']
    },
    isRevoked: (workspaceId, sourceId, keyVersion) =>
      copy.source(workspaceId, sourceId)?.key_versions.some(({ version, revoked_at }) => version === keyVersion && revoked_at !== null) ??
      false,
    destination: (workspaceId, destinationId) => places.get(`${workspaceId} ${destinationId}`),
    destinations: () => places.values(),
  }
}

const widened = (span: Span | undefined, value: number): Span =>
  span === undefined ? { least: value, most: value } : { least: Math.min(span.least, value), most: Math.max(span.most, value) }
const only = (value: number): Span => ({ least: value, most: value })
const DEFAULT_RULES: Rules = {
  windowMs: only(DEFAULT_SETTINGS.attribution_window_days * DAY_MS),
  holdMs: only(DEFAULT_SETTINGS.hold_hours * HOUR_MS),
  dedupeMs: only(DEFAULT_SETTINGS.dedupe_window_days * DAY_MS),
}

const SETTING: Readonly<Record<PlatformId, string>> = { meta: 'pixel_id', google: 'operating_account_id', tiktok: 'pixel_code' }
function targetOf({ platform, settings }: Destination): string | null {
  const target = settings[SETTING[platform]]
  if (typeof target !== 'string') return null
  // Google's account may have been saved as people write it, 123-456-7890.
  return platform === 'google' ? target.replace(/[\s-]/g, '') : target
}
