import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runSpool, spoolSteps } from '../../../test/support/spool-model.ts'

test('acknowledged-is-replayed: through appends, failed syncs and power cuts, in order, and nothing invented', {
  timeout: 120_000,
}, async () => {
  const { failed, counterexample, errorInstance } = await fc.check(fc.asyncProperty(spoolSteps, runSpool), { numRuns: 300 })
  expect({ failed, counterexample, errorInstance }).toEqual({ failed: false, counterexample: null, errorInstance: null })
})
