import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Fault } from '../events/fault.ts'

const run = promisify(execFile)

/** Tells what is going on: one short line. */
export type Progress = (line: string) => void

/** The folder of the project, whatever the current directory is. */
export const PROJECT = join(import.meta.dirname, '..', '..')

/** Throws `tool_missing` with the command that installs Java 17 or later, unless it is there. */
export async function requireJava(): Promise<void> {
  const said = await run('java', ['-version']).then(
    ({ stderr }) => stderr,
    () => null,
  )
  const major = Number(/version "(\d+)/.exec(said ?? '')?.[1] ?? 0)
  if (major >= 17) return
  const what = said === null ? 'Java is not installed' : `Java ${major} is too old`
  throw new Fault(
    'tool_missing',
    `${what}, and the local broker needs Java 17: apt-get install openjdk-17-jre-headless (or set KAFKA_BROKERS and SCHEMA_REGISTRY_URL to use your own).`,
  )
}

async function requireMaven(): Promise<void> {
  const found = await run('mvn', ['-v']).then(
    () => true,
    () => false,
  )
  if (!found)
    throw new Fault(
      'tool_missing',
      'Maven is not installed, and the jars of the local broker come through it: apt-get install maven (or set KAFKA_BROKERS and SCHEMA_REGISTRY_URL to use your own).',
    )
}

let downloading: Promise<string> | null = null

/** The folder with the jars of broker and registry, filled by Maven at the first start; shared by all stacks of this checkout. */
export function jars(progress: Progress): Promise<string> {
  downloading ??= download(progress)
  return downloading
}

async function download(progress: Progress): Promise<string> {
  const into = join(PROJECT, '.local', 'jars')
  if (existsSync(join(into, 'registry'))) return into
  await requireMaven()
  progress('downloading the jars of broker and registry by Maven (about 150 MB, once)')
  const partial = `${into}.${process.pid}`
  mkdirSync(dirname(partial), { recursive: true })
  try {
    await run('mvn', ['-q', '-B', '-f', join(PROJECT, 'deploy', 'local', 'pom.xml'), 'package', `-Dinto=${partial}`], {
      maxBuffer: 64 * 1024 * 1024,
    })
    // Another stack of this checkout may have been faster.
    if (!existsSync(into)) renameSync(partial, into)
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string }
    const line = stdout.split('\n').find((one) => one.includes('ERROR')) ?? String(error)
    throw new Fault(
      'part_down',
      `Maven could not bring the jars of broker and registry: ${line.slice(0, 300)} Check the network and run it again.`,
    )
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return into
}

/** Throws `port_taken` naming the port and the variable that moves it. */
export async function requireFreePort(port: number, variable: string): Promise<void> {
  const free = await new Promise<boolean>((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
  if (!free) throw new Fault('port_taken', `Port ${port} is taken. Stop what listens there, or choose another with ${variable}.`)
}

/** Whether a Docker engine answers. */
export async function hasDocker(): Promise<boolean> {
  return run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: 5_000 }).then(
    () => true,
    () => false,
  )
}
