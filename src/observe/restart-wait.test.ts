import { expect, test } from 'vitest'
import { restartWaitMs } from './restart-wait.ts'

test.each([
  { name: 'first failure', ranMs: 50, lastMs: 0, waitMs: 200 },
  { name: 'second failure', ranMs: 50, lastMs: 200, waitMs: 400 },
  { name: 'never longer than five seconds', ranMs: 50, lastMs: 4_000, waitMs: 5_000 },
  { name: 'who ran for ten seconds starts again at once', ranMs: 10_000, lastMs: 5_000, waitMs: 0 },
])('$name', ({ ranMs, lastMs, waitMs }) => expect(restartWaitMs(ranMs, lastMs)).toBe(waitMs))
