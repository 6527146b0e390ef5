import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { answers, endLeftover, startChild, waitUntil } from './child.ts'
import type { LocalPart } from './part.ts'
import { requireFreePort } from './ports.ts'

const UP_WITHIN_MS = 60_000

/** The real server out of npm's chdb, with HTTP and native ports on this machine alone: its default user has no password. */
export async function startClickhouse(options: { dataDir: string; port: number; tcpPort: number }): Promise<LocalPart> {
  const { dataDir, port, tcpPort } = options
  await endLeftover('clickhouse', dataDir)
  await requireFreePort(port, 'CLICKHOUSE_HTTP_PORT')
  await requireFreePort(tcpPort, 'CLICKHOUSE_TCP_PORT')
  const home = join(dataDir, 'clickhouse')
  mkdirSync(home, { recursive: true })
  const child = startChild({
    name: 'clickhouse',
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'clickhouse-server.ts'),
      `--path=${home}`,
      `--http_port=${port}`,
      `--tcp_port=${tcpPort}`,
      '--listen_host=127.0.0.1',
      '--input-format=LineAsString',
      '--structure=l String',
      '--query=SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; SELECT count() FROM table',
    ],
    dataDir,
    cwd: home,
    tie: 'pipe',
  })
  const address = `http://127.0.0.1:${port}`
  await waitUntil('ClickHouse server', child, () => answers(`${address}/ping`), UP_WITHIN_MS)
  return { address, pid: child.pid, child, stop: () => child.stop() }
}
