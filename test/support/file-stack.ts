import { afterAll, beforeAll } from 'vitest'
import { startTestStack, type TestStack } from '../stack.ts'

/** A stack for the tests of one file, which is there once they run. */
export function fileStack(env: Readonly<Record<string, string>> = {}): () => TestStack {
  let running: TestStack
  beforeAll(async () => {
    running = await startTestStack(env)
  })
  afterAll(async () => {
    await running?.stop()
  })
  return () => running
}
