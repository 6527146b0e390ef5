import type { Result, SenderDefinition } from './definition.ts'

/** What a sender has counted against an address, by its own rule. */
export type Standing = {
  readonly isOff: boolean
  readonly attempts: number
  /** Attempts that it holds for failed. */
  readonly failures: number
  /** The most in a row of what its rule counts; of attempts where it has no rule. */
  readonly longestRun: number
  attempted(result: Result): void
  /** Every attempt at one conversion has been made. */
  ended(delivered: boolean): void
}

export function createStanding({ isSuccess, turnsOff }: Pick<SenderDefinition, 'isSuccess' | 'turnsOff'>): Standing {
  let [attempts, failures, run, longestRun] = [0, 0, 0, 0]
  let isOff = false
  const count = (failed: boolean): void => {
    run = failed ? run + 1 : 0
    longestRun = Math.max(longestRun, run)
    if (turnsOff !== null && run >= turnsOff.after) isOff = true
  }
  return {
    get isOff() {
      return isOff
    },
    get attempts() {
      return attempts
    },
    get failures() {
      return failures
    },
    get longestRun() {
      return longestRun
    },
    attempted(result) {
      const failed = result.kind !== 'answered' || !isSuccess(result.status)
      attempts++
      if (failed) failures++
      if (turnsOff?.failed !== 'conversions') count(failed)
    },
    ended(delivered) {
      if (turnsOff?.failed === 'conversions') count(!delivered)
    },
  }
}
