import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

/** `npm run fuzz -- --examples 1000 --seed 7`: the same as `npm run test:fuzz`, for longer and with other requests. */
const { values } = parseArgs({ options: { examples: { type: 'string', default: '300' }, seed: { type: 'string' } } })
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31))
for (const [name, text] of Object.entries({ examples: values.examples, seed }))
  if (!/^\d{1,10}$/.test(text)) {
    console.error(`--${name} must be a whole number, and ${text} is none.`)
    process.exit(2)
  }
console.log(`Again: npm run fuzz -- --examples ${values.examples} --seed ${seed}`)
const { status } = spawnSync('vitest', ['run', '--project', 'fuzz'], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_EXAMPLES: values.examples, FUZZ_SEED: seed },
})
process.exit(status ?? 1)
