import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freeBlock } from '../stack.ts'
import { settled } from './run-through.ts'

export type OwnRedis = {
  readonly url: string
  readonly pid: () => number
  start(): Promise<void>
  kill(): Promise<void>
  end(): Promise<void>
}

/** A real redis-server of a test's own, with nothing on disk. `start` again brings it back empty on its port. */
export async function ownRedis(): Promise<OwnRedis> {
  if (spawnSync('redis-server', ['--version']).status !== 0)
    throw new Error('redis-server is not here. On Debian: apt-get install -y redis-server')
  const port = await freeBlock(1)
  const dir = mkdtempSync(join(tmpdir(), 'redis-'))
  let child: ChildProcess | null = null
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
  const kill = async (): Promise<void> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise<void>((resolve) => child?.once('exit', () => resolve()))
    child.kill('SIGKILL')
    await gone
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: () => child?.pid ?? Number.NaN,
    async start() {
      child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir], {
        stdio: 'ignore',
      })
      if (!(await settled(answers, (up) => up, 20_000))) throw new Error('redis-server did not come up')
    },
    kill,
    async end() {
      await kill()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
