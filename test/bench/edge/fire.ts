import { fork } from 'node:child_process'
import { join } from 'node:path'
import { cpuUsOf } from '../cpu.ts'
import type { Load, LoadMessage, LoadResult } from './load.ts'

export type Fired = LoadResult & {
  readonly perSecond: number
  /** Of the server's processes within the time that counts, per good answer. */
  readonly cpuUsPerAnswer: number
  /** CPU the generator used within that time, as a share of one core: near 1 it may be what held the rate down. */
  readonly generatorCores: number
}

/** As `fire`. Throws unless every answer was good. */
export async function fireAllGood(load: Load, serverPids: readonly number[]): Promise<Fired> {
  const fired = await fire(load, serverPids)
  if (Object.keys(fired.failures).length > 0)
    throw new Error(`Not every answer of ${new URL(load.url).origin} was good: ${JSON.stringify(fired.failures)}`)
  return fired
}

/** Fires one load from a process of its own and takes the server's CPU meanwhile. */
export async function fire(load: Load, serverPids: readonly number[]): Promise<Fired> {
  const child = fork(join(import.meta.dirname, 'load.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const marks: { server: number; generator: number }[] = []
  try {
    const result = await new Promise<LoadResult>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`The load generator ended with code ${code}.`)))
      child.on('message', (told) => {
        const message = told as LoadMessage // of load.ts
        if (message.kind === 'result') return resolve(message.result)
        try {
          marks.push({ server: cpuUsOf(serverPids), generator: cpuUsOf(child.pid === undefined ? [] : [child.pid]) })
        } catch (error) {
          reject(error)
        }
      })
      child.send(load)
    })
    const [from, to] = marks
    if (from === undefined || to === undefined || result.answers === 0) throw new Error(`${new URL(load.url).origin} did not answer.`)
    return {
      ...result,
      perSecond: (result.answers * 1_000) / result.elapsedMs,
      cpuUsPerAnswer: (to.server - from.server) / result.answers,
      generatorCores: (to.generator - from.generator) / (result.elapsedMs * 1_000),
    }
  } finally {
    child.kill('SIGKILL')
  }
}
