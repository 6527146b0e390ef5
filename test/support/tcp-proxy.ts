import { connect, createServer, type Socket } from 'node:net'

export type TcpProxy = {
  readonly port: number
  /** What the far end answers is held back this long from now on. */
  delay(ms: number): void
  /** From now on requests reach the far end and answers do not come back; later `heal`, which cuts what was silent. */
  silence(): void
  /** Every connection breaks at once, amid whatever it carries. */
  cut(): void
  heal(): void
  close(): Promise<void>
}

/** A door in front of a port of this machine that can be slow, mute or broken. */
export async function openTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let delayMs = 0
  let mute = false
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const one of [near, far]) {
      sockets.add(one)
      one.setNoDelay(true)
      one.on('error', () => undefined) // the other side hears of it by `close`
      one.on('close', () => {
        sockets.delete(one)
        near.destroy()
        far.destroy()
      })
    }
    near.on('data', (bytes) => far.write(bytes))
    // One after the other, whatever the delay was when each came: bytes must not overtake.
    let last = Promise.resolve()
    far.on('data', (bytes) => {
      if (mute) return
      const waitMs = delayMs
      last = last.then(async () => {
        if (waitMs > 0) await new Promise((done) => setTimeout(done, waitMs))
        if (!near.destroyed) near.write(bytes)
      })
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const cut = (): void => {
    for (const socket of [...sockets]) socket.destroy()
  }
  return {
    port: (server.address() as { port: number }).port,
    delay(ms) {
      delayMs = ms
    },
    silence() {
      mute = true
    },
    cut,
    heal() {
      delayMs = 0
      // An answer is missing in the middle: such a connection can only end.
      if (mute) cut()
      mute = false
    },
    async close() {
      cut()
      await new Promise((done) => server.close(done))
    },
  }
}
