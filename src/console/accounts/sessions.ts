import { hash, randomBytes } from 'node:crypto'
import type { Account } from '../../workspaces/account.ts'
import { newId } from '../../workspaces/ids.ts'
import { commit, mend, type VersionedLog } from '../../workspaces/versioned.ts'
import type { BackOff } from './back-off.ts'
import type { Directory } from './directory.ts'
import { hashPassword, verifyPassword } from './password.ts'

export const SESSION_IDLE_MS = 12 * 3_600_000
export const SESSION_ABSOLUTE_MS = 7 * 86_400_000
/** How old `seen_at` may grow in the log before a request renews it. */
const RENEW_MS = 600_000
/** The oldest sessions of an account end beyond this. */
const SESSIONS_MAX = 10
const TRIES_MAX = 5
/** Each holds 19 MiB while it runs. */
const VERIFYING_MAX = 4

export type SignIn =
  | { readonly kind: 'signed_in'; readonly token: string; readonly account: Account }
  /** Unknown address or wrong password: one answer, in one time. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'wait'; readonly waitMs: number }
  | { readonly kind: 'unavailable' }

export type Sessions = {
  signIn(email: string, password: string, address: string): Promise<SignIn>
  signOut(token: string): Promise<void>
  /** The account of a live session; undefined when it is unknown, ended, idle for 12 h or older than 7 d. */
  accountOf(token: string): Account | undefined
  /** Keeps a session in use from becoming idle; writes at most every ten minutes. */
  renew(token: string): Promise<void>
  /** False when the address is taken or the log did not take it. */
  createAccount(given: { email: string; password: string; memberships: Account['memberships'] }): Promise<boolean>
  mend(): Promise<number>
}

export const sha256 = (text: string): string => hash('sha256', text, 'hex')
export const isLive = (session: Account['sessions'][number], nowMs: number): boolean =>
  nowMs - session.seen_at < SESSION_IDLE_MS && nowMs - session.created_at < SESSION_ABSOLUTE_MS

export function createSessions(deps: {
  readonly directory: Directory
  readonly log: VersionedLog<Account>
  readonly append: (record: Account) => Promise<{ readonly offset: number }>
  readonly backOff: { readonly account: BackOff; readonly address: BackOff }
  readonly nowMs: () => number
}): Sessions {
  const { directory, log, append, backOff, nowMs } = deps
  let verifying = 0

  /** Makes `change` on the newest version; undefined from it: nothing to do. */
  async function update(accountId: string, change: (account: Account) => Account['sessions'] | undefined): Promise<boolean> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const account = directory.byId(accountId)
      const sessions = account === undefined ? undefined : change(account)
      if (account === undefined || sessions === undefined) return false
      const result = await commit(log, append, { ...account, sessions, version: account.version + 1, at: nowMs() })
      if (result.kind === 'won') return true
      if (result.kind === 'unknown') return false
    }
    return false
  }

  async function verify(email: string, password: string): Promise<Account | undefined> {
    const account = directory.byEmail(email)
    verifying += 1
    try {
      return (await verifyPassword(password, account?.password_hash)) ? account : undefined
    } finally {
      verifying -= 1
    }
  }

  return {
    async signIn(email, password, address) {
      const name = email.trim().toLowerCase()
      const waitMs = Math.max(backOff.account.waitMs(name, nowMs()), backOff.address.waitMs(address, nowMs()))
      if (waitMs > 0) return { kind: 'wait', waitMs }
      if (verifying >= VERIFYING_MAX) return { kind: 'unavailable' }
      // Counted before the check, so that many tries at once are not all free.
      backOff.account.failed(name, nowMs())
      backOff.address.failed(address, nowMs())
      const account = await verify(email, password)
      if (account === undefined) return { kind: 'refused' }
      backOff.account.succeeded(name)
      backOff.address.succeeded(address)
      const token = randomBytes(32).toString('base64url')
      const session = { hash: sha256(token), created_at: nowMs(), seen_at: nowMs() }
      const isWritten = await update(account.account_id, ({ sessions }) => [
        ...sessions.filter((one) => isLive(one, nowMs())).slice(-(SESSIONS_MAX - 1)),
        session,
      ])
      return isWritten ? { kind: 'signed_in', token, account } : { kind: 'unavailable' }
    },
    async signOut(token) {
      const ended = sha256(token)
      const account = directory.bySession(ended)
      if (account !== undefined) await update(account.account_id, ({ sessions }) => sessions.filter((one) => one.hash !== ended))
    },
    accountOf(token) {
      const wanted = sha256(token)
      const account = directory.bySession(wanted)
      const session = account?.sessions.find((one) => one.hash === wanted)
      return session !== undefined && isLive(session, nowMs()) ? account : undefined
    },
    async renew(token) {
      const wanted = sha256(token)
      const account = directory.bySession(wanted)
      const session = account?.sessions.find((one) => one.hash === wanted)
      if (account === undefined || session === undefined || !isLive(session, nowMs()) || nowMs() - session.seen_at < RENEW_MS) return
      await update(account.account_id, ({ sessions }) =>
        sessions.some((one) => one.hash === wanted)
          ? sessions.map((one) => (one.hash === wanted ? { ...one, seen_at: nowMs() } : one))
          : undefined,
      )
    },
    async createAccount({ email, password, memberships }) {
      if (directory.byEmail(email) !== undefined) return false
      const account: Account = {
        account_id: newId('a'),
        email: email.trim().toLowerCase(),
        password_hash: await hashPassword(password),
        memberships,
        sessions: [],
        version: 1,
        at: nowMs(),
      }
      return (await commit(log, append, account)).kind === 'won'
    },
    mend: () => mend(log, append),
  }
}
