import { readWorkspace, Workspace, type WorkspaceRecord } from './schema.ts'
import { commit, mend, type VersionedLog } from './versioned.ts'

export type Written =
  | { readonly kind: 'written'; readonly workspace: Workspace; readonly version: number }
  | { readonly kind: 'conflict'; readonly version: number }
  | { readonly kind: 'absent' }
  /** The broker did not answer in time, or others wrote faster in every try. */
  | { readonly kind: 'unavailable' }

export type WorkspaceWriter = {
  /** Fails as `conflict` when the id is taken. */
  create(workspace: Workspace, by: string): Promise<Written>
  /** `change` is pure and may be called more than once; what it throws is thrown on, and nothing is written then.
   *  With `expectedVersion` (If-Match) another version in force is a conflict; without it the change is made on the newest. */
  update(
    workspaceId: string,
    by: string,
    expectedVersion: number | undefined,
    change: (workspace: Workspace) => Workspace,
  ): Promise<Written>
  /** To be called now and then: repairs keys that a losing record wrote last. Answers how many. */
  mend(): Promise<number>
}

const TRIES_MAX = 5

/** Writes the configuration onto topic `workspaces`. Several consoles may write at once; the order of the log decides. */
export function createWorkspaceWriter(deps: {
  /** Fed by the reader of the topic. */
  readonly log: VersionedLog<WorkspaceRecord>
  /** Resolves with the record's offset once it is acknowledged. */
  readonly append: (record: WorkspaceRecord) => Promise<{ readonly offset: number }>
  readonly nowMs: () => number
}): WorkspaceWriter {
  const { log, append, nowMs } = deps
  const recordOf = (workspace: Workspace, by: string, baseVersion: number): WorkspaceRecord => ({
    workspace_id: workspace.id,
    base_version: baseVersion,
    version: baseVersion + 1,
    at: nowMs(),
    by,
    doc: JSON.stringify(Workspace.parse(workspace)), // what is in the log must be readable by every role
  })
  const versionOf = (workspaceId: string): number => log.inForce(workspaceId)?.version ?? 0

  return {
    async create(workspace, by) {
      if (versionOf(workspace.id) > 0) return { kind: 'conflict', version: versionOf(workspace.id) }
      const result = await commit(log, append, recordOf(workspace, by, 0))
      if (result.kind === 'won') return { kind: 'written', workspace, version: 1 }
      return result.kind === 'lost' ? { kind: 'conflict', version: versionOf(workspace.id) } : { kind: 'unavailable' }
    },
    async update(workspaceId, by, expectedVersion, change) {
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const current = log.inForce(workspaceId)
        if (current === undefined) return { kind: 'absent' }
        if (expectedVersion !== undefined && expectedVersion !== current.version) return { kind: 'conflict', version: current.version }
        const known = readWorkspace(current.doc)
        if (known === null) return { kind: 'unavailable' }
        const workspace = change(known)
        const record = recordOf(workspace, by, current.version)
        const result = await commit(log, append, record)
        if (result.kind === 'won') return { kind: 'written', workspace, version: record.version }
        if (result.kind === 'unknown') return { kind: 'unavailable' }
      }
      return { kind: 'unavailable' }
    },
    mend: () => mend(log, append),
  }
}
