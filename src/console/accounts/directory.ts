import type { Account } from '../../workspaces/account.ts'

/** The accounts as far as this process has read topic `accounts`. */
export type Directory = {
  byId(accountId: string): Account | undefined
  /** Case-blind. */
  byEmail(email: string): Account | undefined
  /** By the SHA-256 of a session's token; expired sessions are found, too. */
  bySession(hash: string): Account | undefined
  /** A record wins when its version follows the one in force; the first one seen of an account stands. */
  apply(record: Account | null, key: string): { readonly won: boolean; readonly inForce: Account | undefined }
}

export function createDirectory(): Directory {
  const accounts = new Map<string, Account>()
  const emails = new Map<string, string>()
  const sessions = new Map<string, string>()
  const owner = (accountId: string | undefined): Account | undefined => (accountId === undefined ? undefined : accounts.get(accountId))

  function forget(account: Account | undefined): void {
    if (account === undefined) return
    accounts.delete(account.account_id)
    emails.delete(account.email.toLowerCase())
    for (const { hash } of account.sessions) sessions.delete(hash)
  }

  return {
    byId: (accountId) => accounts.get(accountId),
    byEmail: (email) => owner(emails.get(email.trim().toLowerCase())),
    bySession: (hash) => owner(sessions.get(hash)),
    apply(record, key) {
      const current = accounts.get(key)
      if (record === null) {
        forget(current)
        return { won: false, inForce: undefined }
      }
      if (current !== undefined && record.version !== current.version + 1) return { won: false, inForce: current }
      forget(current)
      accounts.set(record.account_id, record)
      emails.set(record.email.toLowerCase(), record.account_id)
      for (const { hash } of record.sessions) sessions.set(hash, record.account_id)
      return { won: true, inForce: record }
    },
  }
}
