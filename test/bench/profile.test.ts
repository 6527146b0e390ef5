import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { areasIn, type CpuProfile, timesOf } from './profile.ts'

const at = (id: number, functionName: string, url: string, children: number[] = []) => ({
  id,
  callFrame: { functionName, url, lineNumber: 0 },
  children,
})
const profile: CpuProfile = {
  nodes: [
    at(1, '(root)', '', [2, 5, 6]),
    at(2, 'onPostbacks', 'file:///p/src/attribution/run.ts', [3]),
    at(3, 'encode', 'file:///p/src/kafka/codec.ts', [4]),
    at(4, 'FastBuffer', 'node:internal/buffer'),
    at(5, '(idle)', ''),
    at(6, '(garbage collector)', ''),
  ],
  samples: [4, 2, 5, 6, 4],
  timeDeltas: [10, 20, 300, 5, 10],
}

test('time goes to the innermost frame that has an area', () => {
  const { areas, functions } = timesOf(profile)
  expect(Object.fromEntries(areas)).toEqual({ 'avro encode': 20, decisions: 20, idle: 300, gc: 5 })
  expect(functions.get('FastBuffer node:internal/buffer')).toBe(20)
})

test('profiles of one run are added up, those of former runs are not', () => {
  const dir = mkdtempSync(join(tmpdir(), 'profile-'))
  try {
    for (const name of ['a.cpuprofile', 'b.cpuprofile', 'other.json']) writeFileSync(join(dir, name), JSON.stringify(profile))
    expect(areasIn(dir, 0, 10)).toEqual({ idle: 60, 'avro encode': 4, decisions: 4, gc: 1 })
    expect(areasIn(dir, Date.now() + 60_000, 10)).toEqual({})
  } finally {
    rmSync(dir, { recursive: true })
  }
})
