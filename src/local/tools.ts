import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Fault } from '../events/fault.ts'

const run = promisify(execFile)
const STILL_AT_WORK_MS = 10_000

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
  const major = said === null ? null : javaMajor(said)
  if (major !== null && major >= 17) return
  const what = major === null ? 'Java is not installed' : `Java ${major} is too old`
  throw new Fault(
    'tool_missing',
    `${what}, and the local broker and registry need Java 17 or later: apt-get install openjdk-17-jre-headless (or set KAFKA_BROKERS and SCHEMA_REGISTRY_URL to use your own).`,
  )
}

/** The feature release in what `java -version` says: 8 wrote itself as 1.8. Null when it does not say. */
export function javaMajor(said: string): number | null {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(said) ?? []
  if (first === undefined) return null
  return Number(first === '1' && second !== undefined ? second : first)
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

/** The folder with the jars of broker and registry, filled by Maven at the first start; shared by all stacks of this checkout,
 *  and named after the list of jars, so that a changed list is fetched anew. */
export function jars(progress: Progress): Promise<string> {
  downloading ??= download(progress)
  return downloading
}

const download = (progress: Progress): Promise<string> =>
  byMaven({
    what: 'the jars of broker and registry (about 200 MB)',
    pom: join(PROJECT, 'deploy', 'local', 'pom.xml'),
    goal: 'package',
    folder: 'jars',
    progress,
  })

/** A folder under `.local` that Maven has filled, named after the pom and its sources, so that a change is built anew; the goal
 *  finds it in its property `into`. Throws `tool_missing` or `part_down`. */
export async function byMaven(build: {
  /** Told while it takes its time. */
  readonly what: string
  readonly pom: string
  readonly sources?: readonly string[]
  readonly goal: string
  readonly folder: string
  readonly progress: Progress
}): Promise<string> {
  const { what, pom, progress } = build
  const hash = createHash('sha256')
  for (const file of [pom, ...(build.sources ?? [])]) hash.update(readFileSync(file))
  const into = join(PROJECT, '.local', build.folder, hash.digest('hex').slice(0, 8))
  if (existsSync(into)) return into
  await requireMaven()
  progress(`Maven brings ${what}, once`)
  const startedMs = performance.now()
  const stillAt = setInterval(
    () => progress(`Maven still brings ${what} (${Math.round((performance.now() - startedMs) / 1000)} s)`),
    STILL_AT_WORK_MS,
  )
  const partial = `${into}.${process.pid}`
  mkdirSync(dirname(partial), { recursive: true })
  try {
    await run('mvn', ['-q', '-B', '-f', pom, build.goal, `-Dinto=${partial}`], {
      maxBuffer: 64 * 1024 * 1024,
    })
    // Another stack of this checkout may have been faster.
    if (!existsSync(into)) renameSync(partial, into)
  } catch (error) {
    throw new Fault('part_down', `Maven could not bring ${what}: ${mavenSays(error)} Check the network and run it again.`, error)
  } finally {
    clearInterval(stillAt)
    rmSync(partial, { recursive: true, force: true })
  }
  return into
}

function mavenSays(error: unknown): string {
  const { stdout = '' } = error as { stdout?: string } // what execFile adds to its errors
  const line = stdout.split('\n').find((one) => one.includes('ERROR')) ?? String(error).split('\n')[0] ?? ''
  return line.slice(0, 300)
}

/** Whether a Docker engine answers. */
export async function hasDocker(): Promise<boolean> {
  return run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: 5_000 }).then(
    () => true,
    () => false,
  )
}
