import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { ImportFault } from './fault.ts'

export type ImportOptions = {
  readonly file: string
  /** Column -> field; an empty field leaves the column out. */
  readonly map: ReadonlyMap<string, string>
  /** What a row says where it says nothing itself. */
  readonly set: ReadonlyMap<string, string>
  /** The edge, without path or trailing slash. '' with `dryRun` alone. */
  readonly url: string
  /** The key of the source; '' with `dryRun` alone. */
  readonly key: string
  /** Rows in one request. */
  readonly batch: number
  /** undefined: told by the first line. */
  readonly delimiter: string | undefined
  readonly encoding: 'utf8' | 'latin1' | 'utf16le'
  /** The dialect a dry run reads with. */
  readonly tracker: string
  readonly dryRun: boolean
  readonly restart: boolean
  readonly giveUpAfterMs: number
}

/** As many as the batch route takes. */
const BATCH_MAX = 10_000
const BATCH_DEFAULT = 1_000
const ENCODINGS = { utf8: 'utf8', 'utf-8': 'utf8', latin1: 'latin1', utf16le: 'utf16le' } as const
const ROUTE = '/api/v1/postback/conversions'

type Given = {
  map: string[]
  set: string[]
  url?: string
  key?: string
  batch: string
  delimiter?: string
  encoding: string
  tracker: string
  dryRun?: boolean
  restart?: boolean
  giveUpAfter: string
}

/** The command with its help; `run` gets what was asked for. Throws ImportFault with exit code 2 for what cannot be meant. */
export function importCommand(env: Readonly<Record<string, string | undefined>>, run: (options: ImportOptions) => Promise<void>): Command {
  return new Command('import')
    .description('Sends the rows of a CSV file as conversions, through the batch route. Run again after a stop, it goes on where it was.')
    .argument('<file>', 'CSV with a header line; quoted as in RFC 4180')
    .option('--map <column=field>', 'read a column as this field; column= leaves it out; can be repeated', repeated, [])
    .option('--set <field=value>', 'for rows that say nothing of the field, such as event=Purchase; can be repeated', repeated, [])
    .option('--url <url>', 'the edge, or postback_url of the source with its key')
    .option('--key <key>', 'key of the source, or @<file>; better POSTBACK_KEY, away from the history of the shell')
    .option('--batch <rows>', `rows in one request, at most ${BATCH_MAX}`, String(BATCH_DEFAULT))
    .option('--delimiter <character>', 'between cells; told by the first line when absent; "tab" for a tab')
    .option('--encoding <name>', 'utf8, latin1 or utf16le', 'utf8')
    .option('--dry-run', 'read and check every row as the edge would, and send nothing')
    .option('--tracker <tracker>', 'whose words a dry run reads', 'generic')
    .option('--restart', 'forget what was imported of this file, and begin anew')
    .option('--give-up-after <minutes>', 'without any answer that takes rows', '15')
    .action((file: string, given: Given) => run(optionsOf(file, given, env)))
}

const repeated = (value: string, all: string[]): string[] => [...all, value]

function optionsOf(file: string, given: Given, env: Readonly<Record<string, string | undefined>>): ImportOptions {
  const dryRun = given.dryRun === true
  const { url, key } = dryRun && given.url === undefined ? { url: '', key: '' } : door(given, env.POSTBACK_KEY)
  const encoding = ENCODINGS[given.encoding.toLowerCase() as keyof typeof ENCODINGS] as (typeof ENCODINGS)['utf8'] | undefined
  if (encoding === undefined) throw new ImportFault(`--encoding ${given.encoding} is not one of ${Object.keys(ENCODINGS).join(', ')}.`, 2)
  const delimiter = given.delimiter === 'tab' || given.delimiter === '\\t' ? '\t' : given.delimiter
  if (delimiter !== undefined && delimiter.length !== 1) throw new ImportFault(`--delimiter ${delimiter} is not one character.`, 2)
  return {
    ...{ file, url, key, delimiter, encoding, dryRun, tracker: given.tracker, restart: given.restart === true },
    map: pairs('--map', given.map, 'column=field'),
    set: pairs('--set', given.set, 'field=value'),
    batch: whole('--batch', given.batch, BATCH_MAX),
    giveUpAfterMs: whole('--give-up-after', given.giveUpAfter, 100_000) * 60_000,
  }
}

function pairs(option: string, given: readonly string[], form: string): Map<string, string> {
  const all = new Map<string, string>()
  for (const text of given) {
    // A field has no equals sign; a column may.
    const at = option === '--map' ? text.lastIndexOf('=') : text.indexOf('=')
    if (at < 1) throw new ImportFault(`${option} ${text} is not of the form ${form}.`, 2)
    if (all.has(text.slice(0, at))) throw new ImportFault(`${option} names ${text.slice(0, at)} twice.`, 2)
    all.set(text.slice(0, at), text.slice(at + 1))
  }
  return all
}

function whole(option: string, text: string, max: number): number {
  const number = Number(text)
  if (!/^\d{1,9}$/.test(text) || number < 1 || number > max)
    throw new ImportFault(`${option} ${text} is not a whole number from 1 to ${max}.`, 2)
  return number
}

/** Where to send and under which key. A URL that was copied whole has both. */
function door({ url: given, key: option }: Given, fromEnv: string | undefined): { url: string; key: string } {
  if (given === undefined) throw new ImportFault('Say where to send: --url https://edge.example, or postback_url of the source.', 2)
  const url = URL.parse(given)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) throw new ImportFault('--url is not an http or https URL.', 2)
  const [base = '', after = ''] = url.pathname.split(ROUTE)
  const inPath = /^\/([^/]+)$/.exec(after)?.[1]
  const named = option?.startsWith('@') === true ? fileContent(option.slice(1)) : (option ?? fromEnv)
  const key = named ?? url.searchParams.get('key') ?? (inPath === 'batch' ? undefined : inPath)
  if (key === undefined || key === '')
    throw new ImportFault('Say under which key: --key, POSTBACK_KEY, or postback_url of the source as --url.', 2)
  return { url: `${url.origin}${base.replace(/\/$/, '')}`, key }
}

function fileContent(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    throw new ImportFault(`The file ${path} of --key cannot be read.`, 2)
  }
}
