import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { answers, endLeftover, startChild, waitUntil } from './child.ts'
import type { LocalPart } from './part.ts'
import { requireFreePort } from './ports.ts'
import { jars, type Progress, requireJava } from './tools.ts'

const UP_WITHIN_MS = 120_000

/** Apicurio with its data in H2 under `<data>/registry`; the address is that of its Confluent API. */
export async function startRegistry(options: { dataDir: string; port: number; progress: Progress }): Promise<LocalPart> {
  const { dataDir, port, progress } = options
  await requireJava()
  await endLeftover('registry', dataDir)
  await requireFreePort(port, 'REGISTRY_PORT')
  const home = join(await jars(progress), 'registry')
  mkdirSync(join(dataDir, 'registry'), { recursive: true })
  const address = `http://127.0.0.1:${port}/apis/ccompat/v7`
  const child = startChild({
    name: 'registry',
    command: 'java',
    args: [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1', // it starts, answers a few dozen requests, and idles
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${port}`,
      '-Dquarkus.log.level=WARN',
      `-Dquarkus.datasource.jdbc.url=jdbc:h2:file:${join(dataDir, 'registry', 'registry')}`,
      '-cp',
      `${join(home, 'apicurio-registry-app-2.6.13.Final-runner.jar')}:${join(home, 'lib', '*')}`,
      'io.quarkus.runner.GeneratedMain',
    ],
    dataDir,
    tie: 'guard',
  })
  await waitUntil('schema registry', child, () => answers(`${address}/subjects`), UP_WITHIN_MS)
  return { address, pid: child.pid, child, stop: () => child.stop() }
}
