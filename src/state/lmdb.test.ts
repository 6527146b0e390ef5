import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openState } from './lmdb.ts'

const dirs: string[] = []
const dir = () => {
  const made = mkdtempSync(join(tmpdir(), 'postback-state-'))
  dirs.push(made)
  return made
}
afterEach(() => {
  for (const made of dirs.splice(0)) rmSync(made, { recursive: true, force: true })
})
const bytes = (text: string) => Buffer.from(text)

test('reads its own writes inside a transaction, and keeps them over a restart', async () => {
  const path = dir()
  const state = openState(path)
  const table = state.table('a')
  state.transaction(() => {
    table.put(bytes('k'), bytes('v'))
    expect(table.get(bytes('k'))).toEqual(bytes('v'))
  })
  await state.close()
  const again = openState(path)
  expect(again.table('a').get(bytes('k'))).toEqual(bytes('v'))
  await again.close()
})

test('a transaction that throws writes nothing', async () => {
  const state = openState(dir())
  const table = state.table('a')
  expect(() =>
    state.transaction(() => {
      table.put(bytes('k'), bytes('v'))
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(table.get(bytes('k'))).toBeUndefined()
  await state.close()
})

test('a range is in byte order and ends before its end', async () => {
  const state = openState(dir())
  const table = state.table('a')
  state.transaction(() => {
    for (const key of ['b2', 'a', 'b1', 'c']) table.put(bytes(key), bytes(''))
  })
  expect([...table.range(bytes('b'), bytes('c'))].map(({ key }) => key.toString())).toEqual(['b1', 'b2'])
  await state.close()
})
