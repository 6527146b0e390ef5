export type FaultCode =
  | 'config_invalid'
  | 'client_unknown'
  | 'topic_missing'
  | 'topic_mismatch'
  | 'schema_incompatible'
  | 'schema_missing'
  | 'broker_unreachable'
  | 'transaction_failed'
  | 'consumer_crashed'
  | 'position_stuck'
  | 'data_gone'
  | 'too_many_dead'
  | 'log_unreadable'
  | 'state_corrupt'
  | 'state_full'
  | 'state_foreign'
  | 'state_unusable'
  | 'spool_taken'
  | 'spool_unusable'
  | 'port_taken'
  | 'tool_missing'
  | 'part_down'
  | 'migration_changed'
  | 'credentials_unreadable'

/** Thrown when the process cannot go on. `message` is one sentence with the remedy, safe to print.
 *  A bad record is a value with a `why`, never a Fault. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: FaultCode

  constructor(code: FaultCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}
