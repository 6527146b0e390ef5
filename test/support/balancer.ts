import { get } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Balancer = { readonly url: string; close(): Promise<void> }

type Target = { readonly url: string; readonly port: number; isReady: boolean }

const ASK_EVERY_MS = 100
const ANSWER_WITHIN_MS = 1_000

/** One address for several edges, as a load balancer of connections gives it: new connections go in turn to those whose public
 *  `/readyz` says yes, and to the next where one is refused; those that are open stay where they are. */
export async function openBalancer(urls: readonly string[]): Promise<Balancer> {
  const targets: Target[] = urls.map((url) => ({ url, port: Number(new URL(url).port), isReady: false }))
  const sockets = new Set<Socket>()
  let closed = false
  let turn = 0

  const asking = targets.map(async (target) => {
    while (!closed) {
      target.isReady = await isReady(target.url)
      await sleep(ASK_EVERY_MS)
    }
  })

  const server = createServer((near) => {
    keep(near)
    near.on('error', () => undefined) // `close` follows
    turn++
    const inTurn = targets.map((_, index) => targets[(index + turn) % targets.length] as Target) // an index of the list
    pass(near, [...inTurn.filter(({ isReady }) => isReady), ...inTurn.filter(({ isReady }) => !isReady)])
  })

  function keep(socket: Socket): void {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => sockets.delete(socket))
  }

  function pass(near: Socket, [target, ...others]: readonly Target[]): void {
    if (target === undefined || near.destroyed) return void near.resetAndDestroy()
    const far = connect(target.port, '127.0.0.1')
    keep(far)
    let isOpen = false
    far.on('error', () => {
      if (isOpen) near.resetAndDestroy()
      else pass(near, others)
    })
    far.on('connect', () => {
      isOpen = true
      near.on('close', () => far.destroySoon()) // what it said still goes through
      near.pipe(far)
      far.pipe(near)
    })
  }

  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    async close() {
      closed = true
      const gone = new Promise((done) => server.close(done))
      for (const socket of sockets) socket.destroy()
      await Promise.all([gone, ...asking])
    },
  }
}

const isReady = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = get(`${url}/readyz`, { agent: false, timeout: ANSWER_WITHIN_MS }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(false))
  })
