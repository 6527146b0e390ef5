import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mintKey, verifyKey } from '../workspaces/source-key.ts'
import { clickKey, key, RING, startEdge } from './edge-double.ts'

const PATH = '/api/v1/postback/conversions'
let edge: Awaited<ReturnType<typeof startEdge>>
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge.close())

const REFUSED: Readonly<Record<string, string>> = {
  'no key': '',
  'a text that is no key': 'hello',
  'a wrong tag': `${key('tracker').slice(0, -22)}${'A'.repeat(22)}`,
  'an unknown workspace': `${key('tracker').replace('acme', 'evil')}`,
  'another version': key('tracker').replace('.1.', '.9.'),
  'a ring that is gone': mintKey('acme', 'tracker', 1, { ...RING, id: 'r9' }, 'pbk1'),
  'a secret of somebody else': mintKey('acme', 'tracker', 1, { id: 'r1', secret: Buffer.alloc(32, 2) }, 'pbk1'),
  'a click key': clickKey('tracker'),
  'a revoked version': key('tracker', 2),
  'a retired version': key('tracker', 3),
  'spare bits in the last character': `${key('tracker').slice(0, -1)}${spare(key('tracker').at(-1) ?? 'A')}`,
  'a key of a megabyte': 'a'.repeat(8_000),
}

test('whatever is wrong with a key, the answer is one and the same: status, headers, body and length', async () => {
  const answers = new Map<string, string[]>()
  for (const [name, text] of Object.entries(REFUSED))
    for (const url of [`${PATH}?key=${text}`, `${PATH}/batch?key=${text}`, ...(text === '' ? [] : [`${PATH}/${text}`])]) {
      const response = await fetch(`${edge.url}${url}`, { method: 'POST', body: '{"event":"Lead"}' })
      const headers = [...response.headers].filter(([header]) => header !== 'date')
      const answer = JSON.stringify([response.status, headers, await response.text()])
      answers.set(answer, [...(answers.get(answer) ?? []), name])
    }
  expect([...answers.keys()]).toHaveLength(1)
  const [answer = ''] = answers.keys()
  expect(JSON.parse(JSON.parse(answer)[2])).toMatchObject({ code: 'key_unknown', errors: [{ param: 'key', sent: '[not shown]' }] })
  expect(edge.postbacks()).toEqual([])
})

test('of 10,000 keys that were guessed none opens', () => {
  const guesses = Array.from({ length: 10_000 }, () => `acme-tracker.1.r1.${randomBytes(16).toString('base64url')}`)
  expect(guesses.filter((guess) => verifyKey(guess, 'pbk1', [RING]) !== null)).toEqual([])
  expect(verifyKey(key('tracker'), 'pbk1', [RING])).not.toBeNull()
})

/** Another character for the same sixteen bytes. */
function spare(last: string): string {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return ALPHABET[ALPHABET.indexOf(last) ^ 1] ?? 'A'
}
