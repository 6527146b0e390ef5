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
  /** Resolves when every record is with all replicas or synced to this machine's disk. Records of one partition keep their order. */
  store(records: readonly Outgoing[]): Promise<Stored>
  /** Bytes that wait for the broker or the disk. */
  readonly bytes: number
  /** Ends when all that came is kept or refused; the broker gets what is left after the next start. */
  close(): Promise<void>
}

export type StorageProducer = {
  send(record: Outgoing, ackTimeoutMs?: number): Promise<{ readonly offset: number }>
  readonly queuedBytes: number
}

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

  /** Where it is kept, or why it is not. Never rejects. */
  async function keep(record: Outgoing): Promise<Durability | Why> {
    // On disk it would be in the way for ever.
    if (recordBytes(record) > RECORD_MAX_BYTES) return 'too_large'
    if (replay.isBehind(record)) return spooled(record, null)
    try {
      await producer.send(record)
      return 'kafka'
    } catch (error) {
      if (!(error instanceof ProducerFault)) return 'unavailable'
      return spooled(record, error.code === 'ack_timeout' ? error.late : null)
    }
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
    async store(records) {
      const size = records.reduce((sum, { value }) => sum + value.length, 0)
      bytes += size
      underWay++
      const durability: Durability[] = []
      let why: Why | null = null
      for (const keeping of records.map(keep)) {
        const kept = await keeping
        if (kept === 'kafka' || kept === 'spool') durability.push(kept)
        else why = kept
      }
      bytes -= size
      if (--underWay === 0) whenIdle()
      if (why === null) return { kind: 'kept', durability }
      metrics.count('not_stored_total', { why })
      return { kind: 'refused', why }
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
