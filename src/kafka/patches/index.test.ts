import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { Kafka } from '../client.ts'
import { PATCHES, verifyPatches } from './index.ts'
import { kafkajsVersion, replace, stockHash } from './modules.ts'

test('the installed kafkajs is the one that is patched', () => {
  expect(() => verifyPatches(PATCHES, kafkajsVersion(), stockHash)).not.toThrow()
})

test('another version is refused', () => {
  expect(() => verifyPatches(PATCHES, '2.2.5', stockHash)).toThrow(expect.objectContaining({ code: 'client_unknown' }))
})

test.each(PATCHES)('$id: another $module is refused', ({ module }) => {
  const hashOf = (path: string) => (path === module ? '0' : stockHash(path))
  expect(() => verifyPatches(PATCHES, kafkajsVersion(), hashOf)).toThrow(module)
})

test('ids and modules are named once', () => {
  expect(new Set(PATCHES.map(({ id }) => id)).size).toBe(PATCHES.length)
  expect(new Set(PATCHES.map(({ module }) => module)).size).toBe(PATCHES.length)
})

test('what is loaded already cannot be replaced', () => {
  expect(Kafka).toBeDefined()
  expect(() => replace('src/index.js', {})).toThrow('was loaded before')
})

test('package.json asks for exactly this version', () => {
  const root = createRequire(import.meta.url).resolve('../../../package.json')
  expect(JSON.parse(readFileSync(root, 'utf8')).dependencies.kafkajs).toBe(kafkajsVersion())
})
