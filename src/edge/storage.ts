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
  const open = new Set<Promise<unknown>>()
  let bytes = 0

  async function keep(record: Outgoing): Promise<Durability> {
    // On disk it would be in the way for ever.
    if (recordBytes(record) > RECORD_MAX_BYTES) throw new ProducerFault('record_too_large', 'no broker takes it')
    if (replay.isBehind(record)) return spooled(record, null)
    try {
      await producer.send(record)
      return 'kafka'
    } catch (error) {
      if (!(error instanceof ProducerFault)) throw error
      return spooled(record, error.code === 'ack_timeout' ? error.late : null)
    }
  }

  async function spooled(record: Outgoing, late: Promise<unknown> | null): Promise<Durability> {
    await replay.put(record, late)
    metrics.count('spooled_total', { topic: record.topic })
    return 'spool'
  }

  async function storeOne(record: Outgoing): Promise<Stored> {
    try {
      return { kind: 'kept', durability: [await keep(record)] }
    } catch (error) {
      return refused(whyOf(error))
    }
  }

  async function storeAll(records: readonly Outgoing[]): Promise<Stored> {
    const kept = await Promise.allSettled(records.map(keep))
    const durability: Durability[] = []
    let why: Why | null = null
    for (const one of kept) {
      if (one.status === 'fulfilled') durability.push(one.value)
      else why = whyOf(one.reason)
    }
    return why === null ? { kind: 'kept', durability } : refused(why)
  }

  function refused(why: Why): Stored {
    metrics.count('not_stored_total', { why })
    return { kind: 'refused', why }
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
      const [first] = records
      const storing = first !== undefined && records.length === 1 ? storeOne(first) : storeAll(records)
      open.add(storing)
      try {
        return await storing
      } finally {
        open.delete(storing)
        bytes -= size
      }
    },
    get bytes() {
      return bytes
    },
    async close() {
      await Promise.allSettled(open)
      clearInterval(telling)
      replay.stop()
      await spool.close()
    },
  }
}

function whyOf(error: unknown): Why {
  if (error instanceof SpoolFault && error.code === 'full') return 'spool_full'
  return error instanceof ProducerFault && error.code === 'record_too_large' ? 'too_large' : 'unavailable'
}
