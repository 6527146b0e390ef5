/** One sentence for the person at the shell. `exitCode` 2: the call itself is wrong; 1: the import stopped before its end. */
export class ImportFault extends Error {
  override readonly name = 'ImportFault'
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
