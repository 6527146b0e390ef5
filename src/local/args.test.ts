import { expect, test } from 'vitest'
import { readArgs } from './args.ts'

test.each([
  { args: [], expected: { rehearsal: true, traffic: 0 } },
  { args: ['--no-rehearsal'], expected: { rehearsal: false, traffic: 0 } },
  { args: ['--traffic', '200'], expected: { rehearsal: true, traffic: 200 } },
  { args: ['--traffic=0.5', '--no-rehearsal'], expected: { rehearsal: false, traffic: 0.5 } },
])('$args', ({ args, expected }) => expect(readArgs(args)).toEqual(expected))

test.each([['--traffic', 'fast'], ['--traffic', '-1'], ['--traffic', '1e9'], ['--what'], ['now']])(
  '%s %s is refused in one sentence',
  (...args) => expect(() => readArgs(args)).toThrow(/^[^\n]+Known: --traffic <postbacks per second>, --no-rehearsal\.$/),
)
