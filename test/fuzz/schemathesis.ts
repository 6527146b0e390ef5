import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What one run of schemathesis ended with: 0 is no failure. */
export type Fuzzed = { readonly code: number | null; readonly text: string }
export type Fuzzing = {
  /** Of the service, whose document lies at `/openapi.json`. */
  readonly url: string
  /** The same seed makes the same requests. */
  readonly seed: number
  /** The most requests of one operation, beside those that the document's shapes call for. */
  readonly examples: number
  /** By security scheme of the document. */
  readonly auth: Readonly<Record<string, string>>
  /** Values that a random text never hits, by parameter. */
  readonly parameters: Readonly<Record<string, string>>
  /** The same for some operations alone, by an expression over their path; none of them is a DELETE. */
  readonly under: readonly { readonly path: string; readonly parameters: Readonly<Record<string, string>> }[]
}

const HERE = import.meta.dirname
const REQUIREMENTS = join(HERE, 'requirements.txt')
const FOLDER = join(HERE, '..', '..', '.local', 'schemathesis')
const REQUEST_WITHIN_S = 20
/** Not among them: that whatever the shapes allow is accepted, and all else refused. A tracker is answered 200 whatever it sends, and
 *  most fields hold more than their shape tells. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'allow_header_conformance',
  'ignored_auth',
  'nothing_of_the_inside',
  'refusals_are_problems',
]

/** schemathesis of the pinned versions in a folder of its own, made with the first call. Throws where there is no Python 3. */
export function installSchemathesis(): string {
  const command = join(FOLDER, 'bin', 'schemathesis')
  const marker = join(FOLDER, 'requirements.txt')
  // Its programs name the Python of the folder they were made in, and do not outlive a move.
  const wanted = `# ${FOLDER}\n${readFileSync(REQUIREMENTS, 'utf8')}`
  if (existsSync(command) && existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return command
  try {
    execFileSync('python3', ['-m', 'venv', '--clear', FOLDER], { stdio: 'pipe' })
  } catch (error) {
    throw new Error('The fuzzing needs Python 3.10 or newer with venv: apt-get install -y python3 python3-venv.', { cause: error })
  }
  execFileSync(join(FOLDER, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS], { stdio: 'pipe' })
  writeFileSync(marker, wanted)
  return command
}

/** Requests made out of the service's own document, and each answer held to it. */
export async function fuzz(command: string, fuzzing: Fuzzing): Promise<Fuzzed> {
  const dir = mkdtempSync(join(tmpdir(), 'fuzz-'))
  try {
    const config = join(dir, 'schemathesis.toml')
    writeFileSync(config, configOf(fuzzing), { mode: 0o600 })
    const { url, seed, examples } = fuzzing
    const args = ['--config-file', config, 'run', `${url}/openapi.json`, '--url', url, '--seed', String(seed)]
    // A stream of events never ends by itself.
    const without = ['--exclude-operation-id', 'followEvents']
    const how = ['--max-examples', String(examples), '--checks', CHECKS.join(','), '--phases', 'examples,coverage,fuzzing', '--no-color']
    const child = spawn(command, [...args, ...how, ...without, '--generation-database', 'none', '--warnings', 'off'], {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk))
    const code = await new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject))
    return { code, text: Buffer.concat(said).toString() }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** https://schemathesis.readthedocs.io/en/stable/reference/configuration/ */
function configOf({ auth, parameters, under }: Fuzzing): string {
  const text = (value: string): string => JSON.stringify(value)
  const table = (values: Readonly<Record<string, string>>): string[] =>
    Object.entries(values).map(([name, value]) => `${text(name)} = ${text(value)}`)
  return [
    `hooks = ${text(join(HERE, 'hooks.py'))}`,
    'continue-on-failure = true',
    `request-timeout = ${REQUEST_WITHIN_S}`,
    'max-redirects = 0',
    ...Object.entries(auth).flatMap(([scheme, token]) => [`[auth.openapi.${scheme}]`, `bearer = ${text(token)}`]),
    '[parameters]',
    ...table(parameters),
    ...under.flatMap(({ path, parameters: own }) => [
      '[[operations]]',
      `include-path-regex = ${text(path)}`,
      'exclude-method = "DELETE"',
      '[operations.parameters]',
      ...table(own),
    ]),
    '',
  ].join('\n')
}
