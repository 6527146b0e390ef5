import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { startNodeHttp } from '../../bench/peers/node-http.ts'

const EVERY_MS = 25

/** The least a Node server can do, asked all the time: what a sender waits for it, the machine makes everybody wait. */
export async function askBare(): Promise<{ readonly longestMs: number; stop(): Promise<void> }> {
  const server = await startNodeHttp()
  let longestMs = 0
  let over = false
  const ask = (): Promise<void> =>
    new Promise((resolve, reject) => {
      get(server.url, { agent: false }, (response) => response.resume().once('end', resolve)).once('error', reject)
    })
  const run = async (): Promise<void> => {
    while (!over) {
      const startedMs = performance.now()
      await ask()
      longestMs = Math.max(longestMs, performance.now() - startedMs)
      await sleep(EVERY_MS)
    }
  }
  const asking = run()
  return {
    get longestMs() {
      return longestMs
    },
    async stop() {
      over = true
      await asking
      await server.stop()
    },
  }
}
