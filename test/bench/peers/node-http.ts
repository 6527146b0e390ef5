import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { EdgePeer } from './peer.ts'

/** The least a Node server can do: it answers 204 and keeps nothing. What is left to us is the price of the rest. */
export const nodeHttp: EdgePeer = {
  name: 'node-http',
  answers: { status: 204, holds: '' },
  prepare: async () => undefined,
  start: startNodeHttp,
}

export async function startNodeHttp() {
  const child = fork(join(import.meta.dirname, 'node-http-server.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const [port] = (await once(child, 'message')) as [number]
  return {
    url: `http://127.0.0.1:${port}/api/v1/postback/conversions?key=none`,
    topic: null,
    pids: child.pid === undefined ? [] : [child.pid],
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}
