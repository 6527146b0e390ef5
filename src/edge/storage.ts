import { ProducerFault } from '../kafka/fault.ts'
import { RECORD_MAX_BYTES, recordBytes } from '../kafka/record.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Outgoing } from './deps.ts'
import { SpoolFault } from './spool/fault.ts'
import { createReplay } from './spool/replay.ts'
import type { Spool } from './spool/spool.ts'

export type Durability = 'kafka' | 'spool'
/** `refused`: some record is neither with the broker nor on disk, and the whole may be sent again. */
export type Stored = { readonly kind: 'kept'; readonly durability: readonly Durability[] } | { readonly kind: 'refused'; readonly why: Why }
type Why = 'spool_full' | 'too_large' | 'unavailable'

export type Storage = {
  /** Resolves when the record is with all replicas or synced to this machine's disk. Records of one partition keep their order. */
  keep(record: Outgoing): Promise<Stored>
  /** As `keep` for each. */
  keepAll(records: readonly Outgoing[]): Promise<Stored>
  /** Bytes that wait for the broker or the disk. */
  readonly bytes: number
  /** Ends when all that came is kept or refused; the broker gets what is left after the next start. */
  close(): Promise<void>
}

export type StorageProducer = {
  send(record: Outgoing, ackTimeoutMs?: number): Promise<{ readonly offset: number }>
  readonly queuedBytes: number
}

const WITH_THE_BROKER: Stored = { kind: 'kept', durability: ['kafka'] }
const ON_DISK: Stored = { kind: 'kept', durability: ['spool'] }
const TELL_EVERY_MS = 500

/** The broker first; what it does not acknowledge in time goes to the spool, and all behind it for the same partition. */
export function createStorage(deps: {
  readonly producer: StorageProducer
  readonly spool: Spool
  readonly metrics: Pick<Metrics, 'count' | 'gauge'>
  readonly report: (level: 'info' | 'warn' | 'error', fields: object, message: string) => void
}): Storage {
  const { producer, spool, metrics } = deps
  const replay = createReplay(deps)
  let underWay = 0
  let whenIdle = (): void => undefined
  let bytes = 0

  /** Never rejects. */
  async function keep(record: Outgoing): Promise<Stored> {
    const size = record.value.length
    bytes += size
    underWay++
    let where: Durability | Why
    // On disk it would be in the way for ever.
    if (recordBytes(record) > RECORD_MAX_BYTES) where = 'too_large'
    else if (replay.isBehind(record)) where = await spooled(record, null)
    else {
      try {
        await producer.send(record)
        where = 'kafka'
      } catch (error) {
        if (!(error instanceof ProducerFault)) where = 'unavailable'
        else where = await spooled(record, error.code === 'ack_timeout' ? error.late : null)
      }
    }
    bytes -= size
    if (--underWay === 0) whenIdle()
    if (where === 'kafka') return WITH_THE_BROKER
    if (where === 'spool') return ON_DISK
    metrics.count('not_stored_total', { why: where })
    return { kind: 'refused', why: where }
  }

  async function spooled(record: Outgoing, late: Promise<unknown> | null): Promise<Durability | Why> {
    try {
      await replay.put(record, late)
      metrics.count('spooled_total', { topic: record.topic })
      return 'spool'
    } catch (error) {
      return error instanceof SpoolFault && error.code === 'full' ? 'spool_full' : 'unavailable'
    }
  }

  function tell(): void {
    metrics.gauge('spool_records', spool.backlog.size)
    metrics.gauge('spool_bytes', spool.bytes)
  }
  tell()
  const telling = setInterval(tell, TELL_EVERY_MS)
  telling.unref()

  return {
    keep,
    async keepAll(records) {
      const all = await Promise.all(records.map(keep))
      const refused = all.findLast(({ kind }) => kind === 'refused')
      return refused ?? { kind: 'kept', durability: all.flatMap((one) => (one.kind === 'kept' ? one.durability : [])) }
    },
    get bytes() {
      return bytes
    },
    async close() {
      await new Promise<void>((resolve) => {
        whenIdle = resolve
        if (underWay === 0) resolve()
      })
      clearInterval(telling)
      replay.stop()
      await spool.close()
    },
  }
}
