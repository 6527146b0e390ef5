import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readAll } from '../../integration/kafka-cluster.ts'

/** Some bytes and where they stand. */
export type Place = { readonly where: string; readonly bytes: Buffer }

const FILE_MAX_BYTES = 256 * 1024 * 1024
/** The stack's own secrets, for its owner alone, and ClickHouse's compressed parts, which are read as tables. */
const NOT_READ = /^(stack|secrets|demo)\.json|^clickhouse\/(store|data|metadata)\/|\.jar$/

/** Every record of a topic: key and value. */
export async function* topicPlaces(topics: readonly string[]): AsyncGenerator<Place> {
  for (const topic of topics) {
    const records = await readAll(topic)
    const parts = records.flatMap(({ key, value }) => [key ?? Buffer.alloc(0), value ?? Buffer.alloc(0), Buffer.from('\n')])
    yield { where: `topic ${topic}`, bytes: Buffer.concat(parts) }
  }
}

/** Every row of every table of every database, what the server notes of itself included. */
export async function* tablePlaces(clickhouseUrl: string): AsyncGenerator<Place> {
  const query = async (text: string): Promise<Buffer> => {
    const response = await fetch(`${clickhouseUrl}/?wait_end_of_query=1`, { method: 'POST', body: text })
    const bytes = Buffer.from(await response.arrayBuffer())
    if (!response.ok) throw new Error(`${text}: ${bytes.toString().slice(0, 300)}`)
    return bytes
  }
  const listed = await query(
    `SELECT database, name FROM system.tables WHERE (engine LIKE '%MergeTree' OR engine LIKE '%Log') AND NOT is_temporary FORMAT TSV`,
  )
  for (const line of listed.toString().split('\n').filter(Boolean)) {
    const [database, table] = line.split('\t')
    yield { where: `table ${database}.${table}`, bytes: await query(`SELECT * FROM \`${database}\`.\`${table}\` FORMAT JSONEachRow`) }
  }
}

/** Every file under the stack's data: logs, local state, the spool, the registry's database and the broker's own log. */
export function* filePlaces(dataDir: string): Generator<Place> {
  for (const name of globSync('**/*', { cwd: dataDir })) {
    const file = join(dataDir, name)
    const stat = statSync(file, { throwIfNoEntry: false })
    if (stat === undefined || !stat.isFile() || stat.size > FILE_MAX_BYTES || NOT_READ.test(name)) continue
    // The broker deletes segments meanwhile.
    const bytes = read(file)
    if (bytes !== null) yield { where: `file ${name}`, bytes }
  }
}

function read(file: string): Buffer | null {
  try {
    return readFileSync(file)
  } catch {
    return null
  }
}
