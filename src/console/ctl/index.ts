import { Command, CommanderError } from 'commander'
import { type Client, CtlFault, createClient } from './client.ts'
import { addConfiguration } from './configuration.ts'
import { addEvents } from './events.ts'
import { addKeysAndWorkspaces } from './workspaces.ts'

export type Ctl = {
  /** The API under POSTBACK_API_KEY, or another key. Throws CtlFault when the environment names none. */
  client(keyName?: 'OPERATOR_API_KEY'): Client
  /** Prints `value` as JSON under --json, else what `text` makes of it. */
  print<T>(value: T, text: (value: T) => string): void
}

export type Out = { out(text: string): void; err(text: string): void }
const SHELL: Out = { out: (text) => process.stdout.write(`${text}\n`), err: (text) => process.stderr.write(`${text}\n`) }

/** `node src/main.ts ctl ...`: the HTTP API from a shell. Sets the exit code: 1 when a call fails, 2 when it is wrong. */
export async function runCtl(argv: readonly string[], env: Readonly<Record<string, string | undefined>>, to: Out = SHELL): Promise<void> {
  const program = new Command('ctl')
    .description('The API of the console, from a shell. POSTBACK_URL is the console, POSTBACK_API_KEY the key of a workspace.')
    .option('--json', 'print the answer as JSON')
    .exitOverride()
    .configureOutput({ writeOut: (text) => to.out(text.trimEnd()), writeErr: (text) => to.err(text.trimEnd()) })
  const ctl: Ctl = {
    client(keyName) {
      const name = keyName !== undefined && env[keyName] ? keyName : 'POSTBACK_API_KEY'
      const key = env[name]
      if (!key) throw new CtlFault(`Set ${keyName ?? name}, for example from .local/stack.json.`, 2)
      return createClient(env.POSTBACK_URL || 'http://127.0.0.1:8090', key)
    },
    print: (value, text) => to.out(program.opts<{ json?: boolean }>().json ? JSON.stringify(value) : text(value)),
  }
  addKeysAndWorkspaces(program, ctl)
  addConfiguration(program, ctl)
  addEvents(program, ctl)
  inheritAll(program)
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    process.exitCode = exitCodeOf(error, to)
  }
}

/** Commander has printed its own faults already; asking for help is none. */
function exitCodeOf(error: unknown, to: Out): number {
  if (error instanceof CommanderError) return error.exitCode === 0 || error.code === 'commander.help' ? 0 : 2
  if (!(error instanceof CtlFault)) throw error
  to.err(`ctl: ${error.message}`)
  return error.exitCode
}

/** Sub-commands answer and fail like the program itself. */
function inheritAll(command: Command): void {
  for (const one of command.commands) {
    one.copyInheritedSettings(command)
    inheritAll(one)
  }
}
