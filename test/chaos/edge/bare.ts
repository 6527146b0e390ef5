import { spawn } from 'node:child_process'
import { get } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 25
const SERVER =
  "require('node:http').createServer((_, to) => to.end()).listen(0, '127.0.0.1', function () { console.log(this.address().port) })"

/** A server of Node's own that does nothing, asked all the time: what a sender waits for it, the machine makes everybody wait. */
export async function askBare(): Promise<{ readonly longestMs: number; stop(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve))
  let longestMs = 0
  let over = false
  const ask = (): Promise<void> =>
    new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, agent: false }, (response) => response.resume().once('end', resolve)).once('error', reject)
    })
  const asking = (async () => {
    while (!over) {
      const startedMs = performance.now()
      await ask()
      longestMs = Math.max(longestMs, performance.now() - startedMs)
      await sleep(EVERY_MS)
    }
  })()
  return {
    get longestMs() {
      return longestMs
    },
    async stop() {
      over = true
      await asking
      child.kill('SIGKILL')
    },
  }
}
