import { defineConfig } from 'vitest/config'

/** A slow machine takes ten times as long as a quick one, and is right all the same. */
const patient = { testTimeout: 60_000, expect: { poll: { timeout: 20_000 } } }

const integration = (name: string, include: string[]) => ({
  test: {
    name,
    include,
    pool: 'forks' as const,
    fileParallelism: false,
    globalSetup: ['test/stack.ts'],
    ...patient,
    testTimeout: 120_000,
    hookTimeout: 240_000,
  },
})

/** Each file starts the stack it needs. */
const ownStack = (name: string, include: string[]) => ({
  test: { name, include, pool: 'forks' as const, fileParallelism: false, ...patient, testTimeout: 1_200_000, hookTimeout: 360_000 },
})

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/bench/**/*.test.ts', 'test/chaos/*.test.ts', 'test/senders/*.test.ts'],
          ...patient,
        },
      },
      { test: { name: 'structure', include: ['test/structure/**/*.test.ts'], ...patient } },
      { test: { name: 'contract', include: ['test/contract/**/*.test.ts'], ...patient } },
      integration('integration', ['test/integration/**/*.test.ts']),
      integration('browser', ['test/browser/**/*.test.ts']),
      integration('fuzz', ['test/fuzz/**/*.test.ts']),
      ownStack('chaos', ['test/chaos/runs/**/*.test.ts']),
      ownStack('senders', ['test/senders/runs/**/*.test.ts']),
      integration('kill', ['test/kill/**/*.test.ts']),
    ],
  },
})
