import type { GoodAnswer } from '../peers/peer.ts'
import type { Load } from './load.ts'

export type LoadKind = 'single' | 'batch'
type Requests = {
  /** The next request as bytes of HTTP/1.1. Each has a transaction of its own, so that none is a duplicate. */
  next(): string
}

export const BATCH_ITEMS = 1_000
/** What the edge answers when it kept what was sent: with the broker or, while that is away, on its disk. */
export const KEPT: Readonly<Record<LoadKind, GoodAnswer>> = {
  single: { status: 200, holds: '"status":"received"' },
  batch: { status: 200, holds: `"accepted":${BATCH_ITEMS},` },
}

export function requestsOf({ url, kind, mark }: Pick<Load, 'url' | 'kind' | 'mark'>): Requests {
  return kind === 'single' ? singles(url, mark) : batches(url, mark)
}

/** GET postbacks as a tracker fires them. */
function singles(url: string, mark: string): Requests {
  const { host, pathname, search } = new URL(url)
  const start = `GET ${pathname}${search}&event=Purchase&value=12.34&currency=USD`
  const end = ` HTTP/1.1\r\nhost: ${host}\r\nuser-agent: postback-bench\r\naccept: */*\r\n\r\n`
  let n = 0
  return {
    next: () => `${start}&click_id=${mark}c${++n}&transaction_id=${mark}t${n}${end}`,
  }
}

/** JSON arrays of BATCH_ITEMS conversions. */
function batches(url: string, mark: string): Requests {
  const { host, pathname, search } = new URL(url)
  let n = 0
  const item = () => ({ event: 'Purchase', value: '12.34', currency: 'USD', click_id: `${mark}c${++n}`, transaction_id: `${mark}t${n}` })
  return {
    next() {
      const body = JSON.stringify(Array.from({ length: BATCH_ITEMS }, item))
      return `POST ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    },
  }
}
