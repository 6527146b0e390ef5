import { expect, test } from 'vitest'
import type { Account } from '../../workspaces/account.ts'
import { createVersionedLog } from '../../workspaces/versioned.ts'
import { createBackOff } from './back-off.ts'
import { createDirectory } from './directory.ts'
import { hashPassword, verifyPassword } from './password.ts'
import { createSessions, SESSION_ABSOLUTE_MS, SESSION_IDLE_MS } from './sessions.ts'

const HOUR_MS = 3_600_000

/** Two consoles on one topic in memory, with one clock. */
async function consoles() {
  const clock = { ms: 1_000_000 }
  const records: Account[] = []
  const readers: ((record: Account, offset: number) => void)[] = []
  const append = async (record: Account) => {
    const offset = records.push(record) - 1
    for (const read of readers) read(record, offset)
    return { offset }
  }
  const open = () => {
    const directory = createDirectory()
    const log = createVersionedLog<Account>()
    readers.push((record, offset) => log.observe({ ...directory.apply(record, record.account_id), record, key: record.account_id, offset }))
    const backOff = { account: createBackOff(3), address: createBackOff(5) }
    return createSessions({ directory, log, append, backOff, nowMs: () => clock.ms })
  }
  const [one, two] = [open(), open()]
  await one.createAccount({ email: 'Ann@example.com', password: 'right horse', memberships: [{ workspace_id: 'w1', role: 'admin' }] })
  const signIn = async () => {
    const result = await one.signIn('ann@example.com', 'right horse', '192.0.2.1')
    if (result.kind !== 'signed_in') throw new Error(`not signed in: ${result.kind}`)
    return result.token
  }
  return { clock, records, one, two, signIn }
}

test('a session made at one console is known at the other, and its end too', async () => {
  const { one, two, signIn } = await consoles()
  const token = await signIn()
  expect(two.accountOf(token)).toMatchObject({ email: 'ann@example.com', memberships: [{ workspace_id: 'w1', role: 'admin' }] })
  await two.signOut(token)
  expect(one.accountOf(token)).toBeUndefined()
})

test('neither password nor token is in the log', async () => {
  const { records, signIn } = await consoles()
  const token = await signIn()
  expect(JSON.stringify(records)).not.toContain(token)
  expect(JSON.stringify(records)).not.toContain('right horse')
})

test.each([
  { name: 'unknown address', email: 'bob@example.com', password: 'right horse' },
  { name: 'wrong password', email: 'ann@example.com', password: 'wrong horse' },
])('$name gets one and the same answer', async ({ email, password }) => {
  const { one } = await consoles()
  expect(await one.signIn(email, password, '192.0.2.1')).toEqual({ kind: 'refused' })
})

test('a session ends after 12 idle hours', async () => {
  const { clock, one, signIn } = await consoles()
  const token = await signIn()
  clock.ms += SESSION_IDLE_MS - 1
  expect(one.accountOf(token)).toBeDefined()
  clock.ms += 1
  expect(one.accountOf(token)).toBeUndefined()
})

test('a session in use lives on, but not beyond 7 days', async () => {
  const { clock, one, two, signIn } = await consoles()
  const token = await signIn()
  const bornMs = clock.ms
  while (clock.ms + 6 * HOUR_MS < bornMs + SESSION_ABSOLUTE_MS) {
    clock.ms += 6 * HOUR_MS
    expect(two.accountOf(token)).toBeDefined()
    await two.renew(token)
  }
  clock.ms = bornMs + SESSION_ABSOLUTE_MS
  expect(one.accountOf(token)).toBeUndefined()
})

test('two sign-ins at two consoles keep both sessions', async () => {
  const { one, two } = await consoles()
  const results = await Promise.all([one, two].map((at) => at.signIn('ann@example.com', 'right horse', '192.0.2.1')))
  for (const result of results) {
    if (result.kind !== 'signed_in') throw new Error(result.kind)
    expect(one.accountOf(result.token)).toBeDefined()
  }
})

test('of two records with one version the first in the log counts', () => {
  const directory = createDirectory()
  const session = (hash: string) => ({ hash, created_at: 1, seen_at: 1 })
  const base = { account_id: 'a1', email: 'ann@example.com', password_hash: 'x', memberships: [], sessions: [], version: 1, at: 1 }
  const first = { ...base, version: 2, sessions: [session('first')] }
  expect(directory.apply(base, 'a1').won).toBe(true)
  expect(directory.apply(first, 'a1').won).toBe(true)
  expect(directory.apply({ ...base, version: 2, sessions: [session('late')] }, 'a1')).toEqual({ won: false, inForce: first })
  expect([directory.bySession('first'), directory.bySession('late')]).toEqual([first, undefined])
  expect(directory.apply(null, 'a1')).toEqual({ won: false, inForce: undefined })
  expect(directory.bySession('first')).toBeUndefined()
})

test('after too many failures even the right password waits, longer each time', async () => {
  const { clock, one } = await consoles()
  for (let n = 0; n < 4; n += 1) await one.signIn('ann@example.com', `wrong ${n}`, `192.0.2.${n}`)
  expect(await one.signIn('ann@example.com', 'right horse', '192.0.2.9')).toEqual({ kind: 'wait', waitMs: 1_000 })
  clock.ms += 1_000
  await one.signIn('ann@example.com', 'wrong again', '192.0.2.9')
  expect(await one.signIn('ann@example.com', 'right horse', '192.0.2.9')).toEqual({ kind: 'wait', waitMs: 2_000 })
  clock.ms += 2_000
  expect(await one.signIn('ann@example.com', 'right horse', '192.0.2.9')).toMatchObject({ kind: 'signed_in' })
})

test('an address that tries many accounts waits as well', async () => {
  const { one } = await consoles()
  for (let n = 0; n < 6; n += 1) await one.signIn(`user${n}@example.com`, 'guess', '192.0.2.1')
  expect(await one.signIn('ann@example.com', 'right horse', '192.0.2.1')).toMatchObject({ kind: 'wait' })
  expect(await one.signIn('ann@example.com', 'right horse', '192.0.2.2')).toMatchObject({ kind: 'signed_in' })
})

test('a password verifies against its own hash alone', async () => {
  const stored = await hashPassword('right horse')
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await verifyPassword('right horse', stored)).toBe(true)
  expect(await verifyPassword('right horse ', stored)).toBe(false)
  expect(await verifyPassword('right horse', undefined)).toBe(false)
  expect(await verifyPassword('right horse', 'right horse')).toBe(false)
})
