import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { createTopics } from '../../../../src/kafka/admin.ts'
import { startChild, waitUntil } from '../../../../src/local/child.ts'
import { PROJECT, type Progress } from '../../../../src/local/tools.ts'
import { freeBlock } from '../../ports.ts'
import type { EdgePeer } from '../peer.ts'

const run = promisify(execFile)
const PATH = '/api/v1/postback/conversions'
const READY_WITHIN_MS = 60_000
/** What franz-go takes by itself; 1 ms made no difference in CPU a request that could be told from noise. */
const LINGER = '10ms'
const SOURCES = ['go.mod', 'go.sum', 'main.go']

/** `benthos`: its http_server in front of an output on franz-go. `lean`: net/http in place of it. See README.md. */
export const goEdge = (name: string, style: 'benthos' | 'lean'): EdgePeer => ({
  name,
  answers: { status: 200, holds: '' },
  prepare: async (tell) => void (await build(tell)),
  async start(ground) {
    const { client, dataDir, stack } = ground
    if (dataDir === null) throw new Error('A Go edge is measured on a stack of its own: leave --stack out, or --peers node-http.')
    const topic = `peer-${name}`
    await createTopics(client, [{ name: topic, partitions: ground.partitions('postbacks'), config: {}, replicationFactor: 1 }])
    const port = await freeBlock(1)
    const child = startChild({
      name: topic,
      command: join(await build(() => undefined), 'edge'),
      args: [dataDir], // so that a later start knows it as its own
      dataDir,
      env: { PEER_STYLE: style, PEER_PORT: String(port), PEER_BROKERS: stack.kafka_brokers, PEER_TOPIC: topic, PEER_LINGER: LINGER },
      tie: 'guard',
    })
    const url = `http://127.0.0.1:${port}${PATH}`
    // The first that it takes: from then on it knows the broker.
    await waitUntil(name, child, async () => (await fetch(`${url}?click_id=first`)).ok, READY_WITHIN_MS)
    return { url: `${url}?key=none`, topic, pids: [child.pid], stop: () => child.stop() }
  },
})

/** The folder with its binary, named after the sources, so that a change is built anew. Throws an Error that tells what is missing. */
async function build(tell: Progress): Promise<string> {
  const hash = createHash('sha256')
  for (const file of SOURCES) hash.update(readFileSync(join(import.meta.dirname, file)))
  const into = join(PROJECT, '.local', 'go-edge', hash.digest('hex').slice(0, 8))
  if (existsSync(into)) return into
  const version = await run('go', ['version']).catch(() => null)
  if (version === null)
    throw new Error('Go is not installed, and the Go edge is built with it: apt-get install golang (or --peers node-http).')
  tell('Go builds the Go edge (about 100 s of CPU), once')
  const partial = `${into}.${process.pid}`
  mkdirSync(dirname(partial), { recursive: true })
  try {
    await run('go', ['build', '-trimpath', '-o', join(partial, 'edge'), '.'], { cwd: import.meta.dirname, maxBuffer: 64 * 1024 * 1024 })
    if (!existsSync(into)) renameSync(partial, into)
  } catch (error) {
    const { stderr = String(error) } = error as { stderr?: string } // what execFile adds to its errors
    throw new Error(`The Go edge could not be built: ${stderr.trim().slice(0, 500)}`, { cause: error })
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return into
}
