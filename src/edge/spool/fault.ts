export type SpoolFaultCode = 'full' | 'broken' | 'closed'

/** A record is not on disk. The process goes on. */
export class SpoolFault extends Error {
  override readonly name = 'SpoolFault'
  readonly code: SpoolFaultCode

  constructor(code: SpoolFaultCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}
