import { hash } from 'node:crypto'
import { type ApiKey, readWorkspace, type Source, type Workspace, type WorkspaceRecord } from './schema.ts'

/** The live configuration in this process, as far as it has read topic `workspaces`. */
export type WorkspaceCopy = {
  get(workspaceId: string): Workspace | undefined
  /** 0 when the workspace is unknown. */
  version(workspaceId: string): number
  source(workspaceId: string, sourceId: string): Source | undefined
  /** The owner of an API key; undefined for unknown and revoked ones. */
  apiKey(token: string): { readonly workspace: Workspace; readonly key: ApiKey } | undefined
  all(): Iterable<Workspace>
  /** Offset of the last record read; -1 before the first. */
  appliedOffset(): number
  /** True once `offset` has been read, false when that took longer than `timeoutMs`. */
  waitFor(offset: number, timeoutMs: number): Promise<boolean>
}

export type Applied = { readonly won: boolean; readonly inForce: WorkspaceRecord | undefined }

/** The copy together with the function that feeds it. A record wins only when it was based on the version in force at its
 *  place in the log; every reader of the log decides alike. After compaction the first record seen of a workspace stands. A
 *  winner that this version of the software cannot read is told to `onUnreadable`, and the last readable configuration stays. */
export function createWorkspaceCopy(
  onUnreadable: (record: WorkspaceRecord) => void = () => undefined,
): WorkspaceCopy & { apply(record: WorkspaceRecord | null, key: string, offset: number): Applied } {
  const records = new Map<string, WorkspaceRecord>()
  const workspaces = new Map<string, Workspace>()
  const keyOwners = new Map<string, string>()
  const waiting = new Set<{ offset: number; done: () => void }>()
  let applied = -1

  function put(record: WorkspaceRecord): boolean {
    const current = records.get(record.workspace_id)
    if (current !== undefined && record.base_version !== current.version) return false
    records.set(record.workspace_id, record)
    const workspace = readWorkspace(record.doc)
    if (workspace === null) {
      onUnreadable(record)
      return true
    }
    for (const key of workspaces.get(workspace.id)?.api_keys ?? []) keyOwners.delete(key.hash)
    for (const key of workspace.api_keys) keyOwners.set(key.hash, workspace.id)
    workspaces.set(workspace.id, workspace)
    return true
  }

  return {
    get: (workspaceId) => workspaces.get(workspaceId),
    version: (workspaceId) => records.get(workspaceId)?.version ?? 0,
    source: (workspaceId, sourceId) => workspaces.get(workspaceId)?.sources.find((source) => source.id === sourceId),
    apiKey(token) {
      const digest = hash('sha256', token, 'hex')
      const workspace = workspaces.get(keyOwners.get(digest) ?? '')
      const key = workspace?.api_keys.find((one) => one.hash === digest)
      return workspace === undefined || key === undefined || key.revoked_at !== null ? undefined : { workspace, key }
    },
    all: () => workspaces.values(),
    appliedOffset: () => applied,
    waitFor(offset, timeoutMs) {
      if (applied >= offset) return Promise.resolve(true)
      return new Promise((resolve) => {
        const end = (reached: boolean) => {
          clearTimeout(timer)
          waiting.delete(entry)
          resolve(reached)
        }
        const entry = { offset, done: () => end(true) }
        const timer = setTimeout(() => end(false), timeoutMs)
        waiting.add(entry)
      })
    },
    apply(record, key, offset) {
      const won = record !== null && put(record)
      applied = Math.max(applied, offset)
      for (const entry of waiting) if (entry.offset <= applied) entry.done()
      return { won, inForce: records.get(record?.workspace_id ?? key) }
    },
  }
}
