import { defineConfig } from 'vitest/config'

const integration = (name: string, include: string[]) => ({
  test: {
    name,
    include,
    pool: 'forks' as const,
    fileParallelism: false,
    globalSetup: ['test/stack.ts'],
    testTimeout: 120_000,
    hookTimeout: 240_000,
  },
})

/** Each file starts the stack it needs. */
const ownStack = (name: string, include: string[]) => ({
  test: { name, include, pool: 'forks' as const, fileParallelism: false, testTimeout: 1_200_000, hookTimeout: 360_000 },
})

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', include: ['src/**/*.test.ts', 'test/bench/**/*.test.ts', 'test/chaos/*.test.ts', 'test/senders/*.test.ts'] },
      },
      { test: { name: 'structure', include: ['test/structure/**/*.test.ts'] } },
      { test: { name: 'contract', include: ['test/contract/**/*.test.ts'], testTimeout: 60_000 } },
      integration('integration', ['test/integration/**/*.test.ts']),
      integration('browser', ['test/browser/**/*.test.ts']),
      integration('fuzz', ['test/fuzz/**/*.test.ts']),
      ownStack('chaos', ['test/chaos/runs/**/*.test.ts']),
      ownStack('senders', ['test/senders/runs/**/*.test.ts']),
      integration('kill', ['test/kill/**/*.test.ts']),
    ],
  },
})
