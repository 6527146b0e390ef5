import type { HashUser } from '../api/read/request.ts'
import type { Click } from '../events/click.ts'
import type { Postback } from '../events/postback.ts'
import type { Readiness } from '../observe/admin.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { WorkspaceCopy } from '../workspaces/copy.ts'
import type { Workspace } from '../workspaces/schema.ts'
import type { KeyRing } from '../workspaces/source-key.ts'
import type { AddressLimit } from './limits/address-limit.ts'
import type { Allowlist } from './limits/allowlist.ts'
import type { Limiter } from './limits/limiter.ts'
import type { EdgeStencils } from './stencils/stencils.ts'
import type { Storage } from './storage.ts'

export type Outgoing = { readonly topic: string; readonly partition: number; readonly key: string; readonly value: Buffer }

/** All that the edge needs from outside of it. */
export type EdgeDeps = {
  readonly workspaces: WorkspaceCopy
  readonly storage: Pick<Storage, 'keep' | 'keepAll' | 'bytes'>
  readonly limiter: Pick<Limiter, 'take' | 'peek'>
  readonly allowlist: Allowlist
  /** Of keys that no source has. */
  readonly wrongKeys: AddressLimit
  readonly encode: { postback(value: Postback): Buffer; click(value: Click): Buffer }
  readonly stencils: EdgeStencils
  readonly partitionOf: (key: string, partitions: number) => number
  /** P of `postbacks` and `clicks`. */
  readonly partitions: number
  /** The first signs. */
  readonly rings: readonly KeyRing[]
  /** Without a trailing slash. */
  readonly publicUrl: string
  readonly allowHttp: boolean
  readonly trustedProxies: readonly string[]
  readonly hashUser: HashUser
  readonly nowMs: () => number
  /** UUIDv7. */
  readonly newId: () => string
  readonly metrics: Metrics
  readonly log: Log
  readonly draining: () => boolean
  readonly readiness: () => Readiness
  /** `POST /postback/test`, closed over its own dependencies; see `api/try-request.ts`. */
  readonly tryRequest: (workspace: Workspace, input: unknown) => Promise<{ readonly status: number; readonly body: unknown }>
}
