import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url).pathname
const page = readFileSync(join(root, 'deploy/decisions/2026-11-26-kafkajs-defects.md'), 'utf8')
const rows = [...page.matchAll(/^\| (C\d+) \|.*\| ([^|]*) \|$/gm)].map(([, id = '', shownBy = '']) => ({ id, shownBy }))

test('every known defect of kafkajs has its row', () => {
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 17 }, (_, i) => `C${i + 1}`))
})

test.each(rows)('$id is shown by tests that exist', ({ shownBy }) => {
  for (const one of shownBy.split(' · ')) {
    const [, file, name] = one.match(/^`(.+\.test\.ts)`: (.+)$/) ?? []
    expect(file, one).toBeDefined()
    expect(readFileSync(join(root, file ?? ''), 'utf8')).toContain(name)
  }
})
