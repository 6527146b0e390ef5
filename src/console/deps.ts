import type { ConfigDeps } from '../api/config.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { WorkspaceCopy } from '../workspaces/copy.ts'
import type { Workspace } from '../workspaces/schema.ts'
import type { Seal } from '../workspaces/seal.ts'
import type { WorkspaceWriter } from '../workspaces/write.ts'
import type { Sessions } from './accounts/sessions.ts'
import type { Reads } from './reads.ts'
import type { RereadDeps } from './reread.ts'

export type ConsoleDeps = {
  readonly workspaces: WorkspaceCopy
  readonly writer: WorkspaceWriter
  readonly sessions: Sessions
  readonly seal: Seal['seal']
  /** Rings of source keys (the first signs new versions), and where the edge is reached. */
  readonly config: ConfigDeps
  /** `POST /postback/test`. */
  readonly tryRequest: (workspace: Workspace, input: unknown) => Promise<{ readonly status: number; readonly body: unknown }>
  readonly reads: Reads
  /** How kept postbacks are read and published once more. */
  readonly reread: RereadDeps
  /** Absent: no workspace can be created here. */
  readonly operatorKey: string | undefined
  /** Who sent a request, behind which proxies. */
  readonly clientAddress: (
    peer: string,
    isTls: boolean,
    forwardedFor: string | undefined,
    forwardedProto: string | undefined,
  ) => { readonly ip: string; readonly isHttps: boolean }
  readonly allowHttp: boolean
  readonly readiness: () => { readonly ready: boolean; readonly reason: string }
  readonly nowMs: () => number
  readonly log: Log
  readonly metrics: Metrics
}
