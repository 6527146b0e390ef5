import { createServer } from 'node:net'

/** Below the ports a system gives to outgoing connections. */
const FIRST_PORT = 28_000
const LAST_PORT = 28_999

/** The first of so many ports in a row that were free a moment ago. */
export async function freeBlock(size: number): Promise<number> {
  for (let base = FIRST_PORT; base + size <= LAST_PORT + 1; base += size) {
    const free = await Promise.all(Array.from({ length: size }, (_, index) => isFree(base + index)))
    if (!free.includes(false)) return base
  }
  throw new Error(`No ${size} free ports in a row between ${FIRST_PORT} and ${LAST_PORT}.`)
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
