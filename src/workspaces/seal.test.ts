import { expect, test } from 'vitest'
import { createSeal } from './seal.ts'

const key = (id: string, fill: number) => ({ id, secret: Buffer.alloc(40, fill) })
const token = { access_token: 'EAAB-secret' }

test('what was sealed opens at its own place', () => {
  const { seal, unseal } = createSeal([key('a', 1)])
  expect(unseal(seal(token, 'w1', 'd1'), 'w1', 'd1')).toEqual(token)
})

test('the sealed form shows nothing and is never twice the same', () => {
  const { seal } = createSeal([key('a', 1)])
  const [one, two] = [seal(token, 'w1', 'd1'), seal(token, 'w1', 'd1')]
  expect(JSON.stringify(one)).not.toContain('EAAB')
  expect(Buffer.from(one.data, 'base64').toString('latin1')).not.toContain('EAAB')
  expect(one.data).not.toBe(two.data)
})

test.each([
  { name: 'another workspace', workspaceId: 'w2', destinationId: 'd1' },
  { name: 'another destination', workspaceId: 'w1', destinationId: 'd2' },
  { name: 'the border between the two names moved', workspaceId: 'w', destinationId: '1d1' },
])('does not open at $name', ({ workspaceId, destinationId }) => {
  const { seal, unseal } = createSeal([key('a', 1)])
  const sealed = seal(token, 'w1', 'd1')
  expect(() => unseal(sealed, workspaceId, destinationId)).toThrow('do not open')
})

test('one bit changed does not open', () => {
  const { seal, unseal } = createSeal([key('a', 1)])
  const sealed = seal(token, 'w1', 'd1')
  const data = Buffer.from(sealed.data, 'base64')
  data[0] = (data[0] ?? 0) ^ 1
  expect(() => unseal({ ...sealed, data: data.toString('base64') }, 'w1', 'd1')).toThrow('do not open')
})

test('an older key still opens while the newer one seals', () => {
  const sealed = createSeal([key('a', 1)]).seal(token, 'w1', 'd1')
  const both = createSeal([key('b', 2), key('a', 1)])
  expect(both.unseal(sealed, 'w1', 'd1')).toEqual(token)
  expect(both.seal(token, 'w1', 'd1').key).toBe('b')
  expect(() => createSeal([key('b', 2)]).unseal(sealed, 'w1', 'd1')).toThrow('Key a is not in CREDENTIALS_KEYS')
})
