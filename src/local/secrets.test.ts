import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { openSecrets } from './secrets.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'secrets-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

test('minted once, the same at the next start, readable by us alone', () => {
  const first = openSecrets(dataDir, {})
  expect(openSecrets(dataDir, {})).toEqual(first)
  expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600)
  const other = mkdtempSync(join(tmpdir(), 'secrets-'))
  expect(openSecrets(other, {})).not.toEqual(first)
  rmSync(other, { recursive: true })
})

test('the configuration takes what was minted', () => {
  const { KEY_RINGS, CREDENTIALS_KEYS } = readConfig(openSecrets(dataDir, {}))
  expect(KEY_RINGS?.[0]).toMatchObject({ id: 'r1', secret: expect.any(Buffer) })
  expect(CREDENTIALS_KEYS?.[0]?.secret).toHaveLength(32)
})

test('a variable that is set goes before, also as a file', () => {
  const file = join(dataDir, 'operator')
  writeFileSync(file, 'from-a-file\n')
  expect(openSecrets(dataDir, { OPERATOR_API_KEY: 'given' }).OPERATOR_API_KEY).toBe('given')
  expect(openSecrets(dataDir, { OPERATOR_API_KEY_FILE: file }).OPERATOR_API_KEY).toBe('from-a-file')
})
