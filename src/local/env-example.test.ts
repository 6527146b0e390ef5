import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { PROJECT } from './tools.ts'

const example = readFileSync(join(PROJECT, '.env.example'), 'utf8')
const values = parseEnv(example.replaceAll(/^#(?=[A-Z_]+=)/gm, '')) as Record<string, string>

test('.env.example names every variable, and none that nobody reads', () => {
  const read = [...readFileSync(join(PROJECT, 'src', 'config.ts'), 'utf8').matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name)
  expect(read.length).toBeGreaterThan(30)
  expect(Object.keys(values).sort()).toEqual(read.sort())
})

test('the defaults it shows are the defaults in force', () => {
  expect(readConfig(values)).toEqual(readConfig({}))
})

test('each variable has its line of comment', () => {
  const lines = example.split('\n')
  const bare = lines.filter((line, index) => /^#?[A-Z_]+=/.test(line) && !/^# \S/.test(lines[index - 1] ?? ''))
  expect(bare).toEqual([])
})
