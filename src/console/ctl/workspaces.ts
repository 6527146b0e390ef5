import type { Command } from 'commander'
import { CtlFault } from './client.ts'
import type { Ctl } from './index.ts'
import { collect, given, jsonObject, wholeNumber } from './options.ts'
import { fields, table } from './table.ts'

type Created = { id: string; api_key: string; admin_email: string; admin_password: string }
type Key = { id: string; name: string; role: string; last4: string; api_key?: string }
type Settings = Record<string, unknown>
type SettingsOptions = {
  name?: string
  redirectHosts?: string[]
  holdHours?: number
  attributionWindowDays?: number
  overLimit?: string
}

export function addKeysAndWorkspaces(program: Command, ctl: Ctl): void {
  const workspaces = program.command('workspaces').description('workspaces of this installation (OPERATOR_API_KEY)')
  workspaces
    .command('create')
    .description('creates one and prints its key and its first account, once')
    .requiredOption('--name <name>')
    .option('--rate-limit <n>', 'events in any 60 s', wholeNumber)
    .option('--over-limit <what>', 'defer or reject')
    .option('--redirect-host <host>', 'where click redirects may lead; can be repeated', collect, [])
    .action(
      async ({
        name,
        rateLimit,
        overLimit,
        redirectHost,
      }: {
        name: string
        rateLimit?: number
        overLimit?: string
        redirectHost: string[]
      }) => {
        const body = {
          name,
          ...(rateLimit !== undefined && { rate_limit_per_min: rateLimit }),
          ...(overLimit !== undefined && { over_limit: overLimit }),
          ...(redirectHost.length > 0 && { redirect_hosts: redirectHost }),
        }
        ctl.print(await ctl.client('OPERATOR_API_KEY').call<Created>('POST', '/workspaces', body), fields)
      },
    )

  const settings = program.command('settings').description('settings of the workspace')
  settings.command('get').action(async () => ctl.print(await ctl.client().call<Settings>('GET', '/settings'), fields))
  settings
    .command('set')
    .argument('[json]', 'what changes, or @<file>: {"allowlist": {"mode": "observe", "cidrs": []}}', jsonObject)
    .option('--name <name>')
    .option('--redirect-hosts <hosts>', 'comma separated', (text: string) => text.split(','))
    .option('--hold-hours <n>', 'how long a postback waits for its click', wholeNumber)
    .option('--attribution-window-days <n>', 'how old a click may be', wholeNumber)
    .option('--over-limit <what>', 'defer or reject')
    .action(async (json: Settings | undefined, options: SettingsOptions) => {
      const { redirectHosts, holdHours, attributionWindowDays, overLimit, name } = options
      const change = given({
        name,
        redirect_hosts: redirectHosts,
        hold_hours: holdHours,
        attribution_window_days: attributionWindowDays,
        over_limit: overLimit,
        ...json,
      })
      if (Object.keys(change).length === 0) throw new CtlFault('Say what to change: ctl settings set --help lists it.', 2)
      ctl.print(await ctl.client().call<Settings>('PATCH', '/settings', change), fields)
    })

  const keys = program.command('api-keys').description('API keys of the workspace')
  keys
    .command('list')
    .action(async () =>
      ctl.print(await ctl.client().call<{ items: Key[] }>('GET', '/api-keys'), ({ items }) =>
        table(items, ['id', 'name', 'role', 'last4', 'created_at', 'revoked_at']),
      ),
    )
  keys
    .command('create')
    .requiredOption('--name <name>')
    .requiredOption('--role <role>', 'owner, admin, editor, viewer or data')
    .action(async (body: { name: string; role: string }) => ctl.print(await ctl.client().call<Key>('POST', '/api-keys', body), fields))
  keys
    .command('revoke')
    .argument('<id>')
    .action(async (id: string) => {
      await ctl.client().call('DELETE', `/api-keys/${encodeURIComponent(id)}`)
      ctl.print({ id, revoked: true }, () => `${id} is revoked`)
    })
}
