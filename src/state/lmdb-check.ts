import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { broken, DB_BYTES, type Db, expectThat, type Meta, type Node, nodesOf, overflowValue, toDb, toMeta } from './lmdb-page.ts'

export type CheckValue = (key: Buffer, value: Buffer) => void

/** Reads an LMDB file as plain bytes, from its roots to its last value, and throws Fault `state_corrupt` where it is not what LMDB
 *  leaves behind: since the library maps the file into memory, one wrong bit there kills the process, or hides records. 2 us a
 *  record. A file of nothing is a new one. */
export function checkLmdb(path: string, checkValue: CheckValue): void {
  const file = openSync(path, 'r')
  try {
    if (fstatSync(file).size === 0) return
    const read = (at: number, bytes: number): Buffer => {
      const buffer = Buffer.allocUnsafe(bytes)
      return buffer.subarray(0, readSync(file, buffer, 0, bytes, at))
    }
    checkSnapshot(newestMeta(read), read, checkValue)
  } finally {
    closeSync(file)
  }
}

type Read = (at: number, bytes: number) => Buffer

/** The snapshot LMDB opens: the newer one. Nothing waits for the disk here, so after a loss of power that one may name pages which
 *  never got there: then this check finds it out. */
function newestMeta(read: Read): Meta {
  const first = toMeta(read(0, 4_096), 0)
  const second = toMeta(read(first.pageBytes, 4_096), 1)
  expectThat(first.pageBytes === second.pageBytes, 'the meta pages differ in the size of a page')
  const [newer, older] = first.txnId >= second.txnId ? [first, second] : [second, first]
  expectThat(newer.txnId - older.txnId <= 1, 'the meta pages are not of two transactions in a row')
  return newer
}

function checkSnapshot({ pageBytes, lastPage, txnId, free, main }: Meta, read: Read, checkValue: CheckValue): void {
  const taken = new Uint8Array(lastPage + 1)
  const take = (page: number, pages = 1): void => {
    // Each by itself: the sum of large ones is not exact.
    const exists = page > 1 && page <= lastPage && pages >= 1 && pages <= lastPage && page + pages - 1 <= lastPage
    expectThat(exists, `page ${page} is named, which does not exist`)
    for (let one = page; one < page + pages; one++) {
      expectThat(taken[one] === 0, `page ${one} is named twice`)
      taken[one] = 1
    }
  }
  const load = (page: number, pages: number): Buffer => {
    take(page, pages)
    const bytes = read(page * pageBytes, pages * pageBytes)
    expectThat(bytes.length === pages * pageBytes, `page ${page} lies beyond the end of the file`)
    return bytes
  }

  /** Walks a tree in the order of its keys. */
  function walk(name: string, db: Db, order: (a: Buffer, b: Buffer) => number, onLeaf: (node: Node, value: Buffer) => void): void {
    const counted = { branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 }
    let last: Buffer | null = null
    const enter = (page: number, depth: number, from: Buffer | null, to: Buffer | null): void => {
      const kind = depth === db.depth ? 'leaf' : 'branch'
      const nodes = nodesOf(load(page, 1), page, kind, txnId)
      if (kind === 'branch') {
        counted.branchPages++
        nodes.forEach((node, index) => {
          enter(node.child, depth + 1, index === 0 ? from : node.key, nodes[index + 1]?.key ?? to)
        })
        return
      }
      counted.leafPages++
      for (const node of nodes) {
        const inside = (from === null || order(from, node.key) <= 0) && (to === null || order(node.key, to) < 0)
        expectThat(inside && (last === null || order(last, node.key) < 0), `${name} is out of order on page ${page}`)
        last = node.key
        counted.entries++
        let value = node.value
        if (typeof node.kind === 'object') {
          const pages = node.kind.pages
          counted.overflowPages += pages
          value = overflowValue(load(node.kind.page, pages), node.kind.page, node.kind, pageBytes, txnId)
        }
        onLeaf(node, value)
      }
    }
    if (db.root !== null) enter(db.root, 1, null, null)
    else expectThat(db.entries === 0 && db.depth === 0, `${name} has entries and no root`)
    for (const field of ['branchPages', 'leafPages', 'overflowPages', 'entries'] as const) {
      expectThat(counted[field] === db[field], `${name} has ${counted[field]} ${field}, not ${db[field]}`)
    }
  }

  walk('the main tree', main, Buffer.compare, (table, value) => {
    if (table.kind !== 'db' || value.length !== DB_BYTES) broken('the main tree holds something that is no table')
    const name = `table ${table.key.toString('latin1').replaceAll('\0', '')}`
    const db = toDb(value)
    expectThat(db.flags === 0, `${name} has flags ${db.flags}`)
    walk(name, db, Buffer.compare, (entry, bytes) => {
      expectThat(entry.kind !== 'db', `${name} holds a table`)
      checkValue(entry.key, bytes)
    })
  })
  walk('the list of free pages', free, byNumber, (node, value) => {
    expectThat(node.key.length === 8 && Number(node.key.readBigUInt64LE(0)) <= txnId, 'the list of free pages is of a later transaction')
    for (const [page, pages] of freePages(value)) take(page, pages)
  })
}

const byNumber = (a: Buffer, b: Buffer): number =>
  a.length === 8 && b.length === 8 ? Number(a.readBigUInt64LE(0) - b.readBigUInt64LE(0)) : Number.NaN

/** A count, then as many entries: a page; or minus the length of a run of pages, before its first page; or nothing. */
function* freePages(list: Buffer): Iterable<readonly [page: number, pages: number]> {
  expectThat(list.length >= 8 && list.length % 8 === 0, 'the list of free pages has a torn entry')
  const count = Number(list.readBigInt64LE(0))
  expectThat(count >= 0 && count < list.length / 8, 'the list of free pages is longer than itself')
  for (let index = 1; index <= count; index++) {
    const entry = Number(list.readBigInt64LE(index * 8))
    if (entry > 0) yield [entry, 1]
    if (entry >= 0) continue
    expectThat(++index <= count, 'the list of free pages ends in a run')
    yield [Number(list.readBigInt64LE(index * 8)), -entry]
  }
}
