import type { Ack } from './producer.ts'

export type ProducerFaultCode = 'ack_timeout' | 'queue_full' | 'record_too_large' | 'closed'

/** One record was not acknowledged. The process goes on. */
export class ProducerFault extends Error {
  override readonly name = 'ProducerFault'
  readonly code: ProducerFaultCode
  /** The acknowledgement, when it comes after `ack_timeout`; null once it is certain that none will come.
   *  The record may be in the log all the same: its answer can have been lost. */
  readonly late: Promise<Ack | null>

  constructor(code: ProducerFaultCode, message: string, late: Promise<Ack | null> = Promise.resolve(null)) {
    super(message)
    this.code = code
    this.late = late
  }
}

/** What belongs to a generation that is over, or to a consumer that has stopped, was given up: its partitions may be another member's by now.
 *  Nothing was written. */
export class GenerationChanged extends Error {
  override readonly name = 'GenerationChanged'
}

/** For what is asked after a join: a generation that is over ends nothing, since the next join asks again. */
export const unlessChanged =
  (onFatal: (error: unknown) => void) =>
  (error: unknown): void => {
    if (!(error instanceof GenerationChanged)) onFatal(error)
  }
