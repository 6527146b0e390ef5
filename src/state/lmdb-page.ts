import { Fault } from '../events/fault.ts'

/** LMDB's file as lmdb 3.5.6 writes it (data version 2, 64 bit, little endian):
 *  https://github.com/kriszyp/lmdb-js/blob/v3.5.6/dependencies/lmdb/libraries/liblmdb/mdb.c, structs MDB_page, MDB_meta, MDB_db,
 *  MDB_node and MDB_ovpage. */
const MAGIC = 0xbeefc0de
const DATA_VERSION = 2
const HEADER_BYTES = 24
const NODE_BYTES = 8
const OVERFLOW_BYTES = 24
export const DB_BYTES = 48
const META_BYTES = HEADER_BYTES + 144
export const FLAGS = { branch: 1, leaf: 2, overflow: 4, meta: 8 } as const
const NODE_FLAGS = { overflow: 1, db: 2 } as const
/** No store of ours grows to this; a map of more is refused by systems with little address space. */
const MAP_MAX_BYTES = 2 ** 44

export type Db = {
  readonly flags: number
  readonly depth: number
  readonly branchPages: number
  readonly leafPages: number
  readonly overflowPages: number
  readonly entries: number
  /** null when the tree is empty. */
  readonly root: number | null
}
export type Meta = {
  readonly pageBytes: number
  readonly free: Db
  readonly main: Db
  readonly lastPage: number
  readonly txnId: number
}
export type Node = {
  readonly key: Buffer
  /** Of a leaf. */
  readonly value: Buffer
  /** Of a branch. */
  readonly child: number
  readonly kind: 'value' | 'db' | { readonly page: number; readonly pages: number; readonly bytes: number }
}

/** Throws what says that the file is broken. */
export function broken(detail: string): never {
  throw new Fault('state_corrupt', `The state is broken: ${detail}.`)
}

export function expectThat(holds: boolean, detail: string): void {
  if (!holds) broken(detail)
}

const u64 = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at))
const NOWHERE = 2n ** 64n - 1n

export function toDb(bytes: Buffer): Db {
  const root = bytes.readBigUInt64LE(40)
  return {
    flags: bytes.readUInt16LE(4),
    depth: bytes.readUInt16LE(6),
    branchPages: u64(bytes, 8),
    leafPages: u64(bytes, 16),
    overflowPages: u64(bytes, 24),
    entries: u64(bytes, 32),
    root: root === NOWHERE ? null : Number(root),
  }
}

/** A meta page, or the copy in the middle of page 0 that tells what had reached the disk. */
export function toMeta(page: Buffer, pageNumber: number): Meta {
  expectThat(page.length >= META_BYTES, `meta page ${pageNumber} is cut off`)
  const meta = page.subarray(HEADER_BYTES)
  expectThat(page.readUInt16LE(18) === FLAGS.meta && u64(page, 0) === pageNumber, `page ${pageNumber} is no meta page`)
  expectThat(meta.readUInt32LE(0) === MAGIC && meta.readUInt32LE(4) === DATA_VERSION, `page ${pageNumber} is of another format`)
  expectThat(meta.readBigUInt64LE(8) === 0n, `meta page ${pageNumber} names an address`)
  const pageBytes = meta.readUInt32LE(24)
  const lastPage = u64(meta, 120)
  const mapBytes = u64(meta, 16)
  expectThat([4_096, 8_192, 16_384, 32_768, 65_536].includes(pageBytes), `meta page ${pageNumber} has pages of ${pageBytes} bytes`)
  expectThat(mapBytes <= MAP_MAX_BYTES && (lastPage + 1) * pageBytes <= mapBytes, `meta page ${pageNumber} has a map of ${mapBytes} bytes`)
  return {
    pageBytes,
    free: toDb(meta.subarray(24, 24 + DB_BYTES)),
    main: toDb(meta.subarray(72, 72 + DB_BYTES)),
    lastPage,
    txnId: u64(meta, 128),
  }
}

/** The nodes of a branch or leaf page, each checked to lie inside it, beside the others. */
export function nodesOf(page: Buffer, pageNumber: number, kind: 'branch' | 'leaf', txnId: number): Node[] {
  const where = `page ${pageNumber}`
  expectThat(u64(page, 0) === pageNumber, `${where} says that it is another`)
  expectThat(u64(page, 8) <= txnId, `${where} is of transaction ${u64(page, 8)}, the file of ${txnId}`)
  expectThat(page.readUInt16LE(18) === FLAGS[kind], `${where} is no ${kind}`)
  const body = page.subarray(HEADER_BYTES)
  const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22)]
  expectThat(lower >= 2 && lower % 2 === 0 && lower <= upper && upper <= body.length, `${where} has bounds ${lower} and ${upper}`)
  const nodes: Node[] = []
  let used = 0
  for (let pointer = 0; pointer < lower; pointer += 2) {
    const at = body.readUInt16LE(pointer)
    expectThat(at >= upper && at % 2 === 0 && at + NODE_BYTES <= body.length, `${where} points outside itself`)
    const { node, bytes } = nodeAt(body, at, kind, where)
    used += bytes + (bytes % 2)
    nodes.push(node)
  }
  expectThat(used === body.length - upper, `${where} holds ${used} bytes of ${body.length - upper}`)
  return nodes
}

function nodeAt(body: Buffer, at: number, kind: 'branch' | 'leaf', where: string): { node: Node; bytes: number } {
  const low = body.readUInt32LE(at)
  const flags = body.readUInt16LE(at + 4)
  const keyEnd = at + NODE_BYTES + body.readUInt16LE(at + 6)
  expectThat(keyEnd <= body.length, `${where} has a key that is too long`)
  const key = body.subarray(at + NODE_BYTES, keyEnd)
  if (kind === 'branch') {
    return { node: { key, value: Buffer.alloc(0), child: low + flags * 2 ** 32, kind: 'value' }, bytes: keyEnd - at }
  }
  expectThat(flags === 0 || flags === NODE_FLAGS.overflow || flags === NODE_FLAGS.db, `${where} has a node of kind ${flags}`)
  const end = keyEnd + (flags === NODE_FLAGS.overflow ? OVERFLOW_BYTES : low)
  expectThat(end <= body.length, `${where} has a value that is too long`)
  const value = body.subarray(keyEnd, end)
  const overflow = {
    page: flags === NODE_FLAGS.overflow ? u64(value, 0) : 0,
    pages: flags === NODE_FLAGS.overflow ? u64(value, 16) : 0,
    bytes: low,
  }
  return { node: { key, value, child: 0, kind: flags === 0 ? 'value' : flags === NODE_FLAGS.db ? 'db' : overflow }, bytes: end - at }
}

/** The value that begins on this page and goes on over the next ones. */
export function overflowValue(
  pages: Buffer,
  pageNumber: number,
  { pages: count, bytes }: { pages: number; bytes: number },
  pageBytes: number,
  txnId: number,
): Buffer {
  const where = `page ${pageNumber}`
  expectThat(u64(pages, 0) === pageNumber && pages.readUInt16LE(18) === FLAGS.overflow, `${where} is not where a long value begins`)
  expectThat(u64(pages, 8) <= txnId, `${where} is newer than the file`)
  const needed = Math.floor((HEADER_BYTES - 1 + bytes) / pageBytes) + 1
  // A value that is written again in its own transaction, and shorter, keeps the pages it had (mdb_cursor_put, "Is the ov page large enough?").
  expectThat(pages.readUInt32LE(20) === count && count >= needed, `${where} has ${count} pages for ${bytes} bytes`)
  expectThat(pages.length === count * pageBytes, `${where} is cut off`)
  return pages.subarray(HEADER_BYTES, HEADER_BYTES + bytes)
}
