import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runSpool, spoolSteps } from '../support/spool-model.ts'

test('acknowledged-is-replayed, 10,000 times', { timeout: 600_000 }, async () => {
  const { failed, counterexample, errorInstance } = await fc.check(fc.asyncProperty(spoolSteps, runSpool), { numRuns: 10_000 })
  expect({ failed, counterexample, errorInstance }).toEqual({ failed: false, counterexample: null, errorInstance: null })
})
