import type { Reading } from '../events/postback.ts'
import type { UserForm } from '../events/shapes.ts'
import type { SourceRules } from './definition.ts'

/** A request as a tracker sends it, and exactly how it is read. One suite runs every example of every dialect, and the page shows them. */
export type DialectExample = {
  readonly name: string
  /** Where such a request or template is documented. */
  readonly docs?: string
  /** What follows the `?`, as it is on the wire. */
  readonly query: string
  readonly body?: { readonly type: string; readonly text: string }
  /** Settings of the source that differ from none at all; its tracker is the example's dialect unless it is said. */
  readonly rules?: Partial<SourceRules>
  /** Fields that are not listed are absent. */
  readonly reading: Partial<Omit<Reading, 'user' | 'event_id' | 'event_id_given'>>
  /** Forms of user data that come out, in clear nowhere. */
  readonly user?: readonly UserForm[]
  readonly unread?: Readonly<Record<string, string>>
  /** Codes, in order. */
  readonly warnings?: readonly string[]
  readonly quarantined?: string
  readonly clickIdFault?: string
}
