import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { jars } from '../../src/local/tools.ts'

/** Longer than it takes to join a group on a busy machine. */
const IDLE_MS = 45_000
/** After the last record that is expected: what should not be there gets a chance to come. */
const AFTERWARDS_MS = 2_000
const SAID_MAX = 2_000

/** Kafka's own console consumer reads a topic from its beginning, read committed, until it has come to the `lasts`, by partition
 *  the last offset that must come, or nothing comes any more. Throws with what it said when it failed. */
export async function readByJava(
  brokers: string,
  topic: string,
  lasts: ReadonlyMap<number, number>,
  onRecord: (partition: number, offset: number, key: string) => void,
): Promise<void> {
  const lib = join(await jars(() => undefined), 'kafka', '*')
  const args = ['--bootstrap-server', brokers, '--topic', topic, '--from-beginning', '--timeout-ms', String(IDLE_MS)]
  args.push('--isolation-level', 'read_committed')
  for (const property of ['print.partition=true', 'print.offset=true', 'print.key=true', 'print.value=false'])
    args.push('--formatter-property', property)
  const child = spawn('java', ['-Xmx256m', '-XX:+UseSerialGC', '-cp', lib, 'org.apache.kafka.tools.consumer.ConsoleConsumer', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-SAID_MAX)
  })
  const gone = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => resolve())
  })
  const missing = new Map(lasts)
  let count = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [, partition, offset, key = ''] = /^Partition:(\d+)\tOffset:(\d+)\t(.*)$/.exec(line) ?? []
    if (partition === undefined || offset === undefined) continue // that it waited in vain at the end
    count++
    onRecord(Number(partition), Number(offset), key)
    if (Number(offset) < (missing.get(Number(partition)) ?? Number.POSITIVE_INFINITY)) continue
    missing.delete(Number(partition))
    if (missing.size === 0) setTimeout(() => child.kill('SIGTERM'), AFTERWARDS_MS)
  }
  await gone
  const [, total] = /Processed a total of (\d+) messages/.exec(said) ?? []
  if (missing.size > 0 && Number(total) !== count)
    throw new Error(`the console consumer failed on ${topic} after ${count} records: ${said}`)
}
