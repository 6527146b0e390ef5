import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mintKey, verifyKey } from './source-key.ts'

const ring = { id: 'r1', secret: Buffer.alloc(32, 7) }
const older = { id: 'r0', secret: Buffer.alloc(32, 9) }
const key = mintKey('acme', 's_1', 3, ring, 'pbk1')

test('a key names its source, whichever ring signed it', () => {
  expect(key).toMatch(/^acme-s_1\.3\.r1\.[A-Za-z0-9_-]{22}$/)
  expect(verifyKey(key, 'pbk1', [ring, older])).toEqual({ workspaceId: 'acme', sourceId: 's_1', version: 3, ring: 'r1' })
  expect(verifyKey(mintKey('acme', 's_1', 1, older, 'pbk1'), 'pbk1', [ring, older])).toMatchObject({ ring: 'r0', version: 1 })
})

const WRONG = [
  ['of the other purpose', mintKey('acme', 's_1', 3, ring, 'clk1')],
  ['of another secret under the same ring id', mintKey('acme', 's_1', 3, { ...ring, secret: Buffer.alloc(32, 8) }, 'pbk1')],
  ['of a ring that is gone', mintKey('acme', 's_1', 3, { ...ring, id: 'r9' }, 'pbk1')],
  ['of another source', key.replace('s_1', 's_2')],
  ['of another workspace', key.replace('acme', 'acmf')],
  ['of another version', key.replace('.3.', '.4.')],
  ['with a leading zero', key.replace('.3.', '.03.')],
  ['cut', key.slice(0, -1)],
  ['longer', `${key}A`],
  ['empty', ''],
  ['huge', 'a'.repeat(100_000)],
] as const
test.each(WRONG)('a key %s is none', (_, text) => {
  expect(verifyKey(text, 'pbk1', [ring, older])).toBeNull()
})

test.each(WRONG)('nor is a key %s once the right one has been there', (_, text) => {
  const rings = [ring, older]
  const opened = verifyKey(key, 'pbk1', rings)
  expect(opened).not.toBeNull()
  expect(verifyKey(text, 'pbk1', rings)).toBeNull()
  expect(verifyKey(key, 'clk1', rings)).toBeNull()
  expect(verifyKey(key, 'pbk1', rings)).toEqual(opened)
})

test('no rings, no keys', () => {
  expect(verifyKey(key, 'pbk1', [])).toBeNull()
  // The tag under the stand-in for a missing ring must not open anything either.
  expect(verifyKey(mintKey('acme', 's_1', 3, { id: 'r5', secret: Buffer.alloc(32) }, 'pbk1'), 'pbk1', [ring])).toBeNull()
})

const RINGS = [ring]
const id = fc.stringMatching(/^[a-z0-9_]{2,40}$/)
test('every key that is minted is verified, and none with one character changed', () => {
  fc.assert(
    fc.property(
      id,
      id,
      fc.integer({ min: 1, max: 999_999 }),
      fc.nat(),
      fc.constantFrom(...'abcXYZ019_-.'),
      (workspace, source, version, at, letter) => {
        const minted = mintKey(workspace, source, version, ring, 'pbk1')
        // The first time by its HMAC, then by what is known of it.
        for (let time = 0; time < 2; time++)
          expect(verifyKey(minted, 'pbk1', RINGS)).toEqual({ workspaceId: workspace, sourceId: source, version, ring: 'r1' })
        const place = at % minted.length
        const changed = minted.slice(0, place) + letter + minted.slice(place + 1)
        if (changed !== minted) expect(verifyKey(changed, 'pbk1', RINGS)).toBeNull()
      },
    ),
  )
})
