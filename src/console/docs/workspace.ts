import { z } from 'zod'
import { JSON_TYPE, type Operation } from '../../api/openapi/operation.ts'
import { ROLES } from '../../workspaces/schema.ts'
import { NewApiKey } from '../api/api-keys.ts'
import { SignInBody } from '../api/session.ts'
import { NewSettings, SettingsFields, SettingsPatch } from '../api/settings.ts'
import { ID } from './collection.ts'

const Settings = SettingsFields.extend({ workspace_id: z.string() }).partial().required({ workspace_id: true, name: true })
const Key = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  last4: z.string(),
  created_at: z.iso.datetime(),
  revoked_at: z.iso.datetime().nullable(),
})
const Created = z.object({
  id: z.string(),
  api_key: z.string().describe('Shown here and never again.'),
  admin_email: z.string(),
  admin_password: z.string(),
  sources: z.array(z.unknown()),
})
const Signed = z.object({ email: z.string(), memberships: z.array(z.object({ workspace_id: z.string(), role: z.enum(ROLES) })) })
const Session = z.object({
  email: z.string().nullable(),
  role: z.string(),
  workspace: z.object({ id: z.string(), name: z.string() }).nullable(),
})
const CHANGES = ['validation_failed', 'invalid_json', 'body_too_large', 'conflict', 'overloaded'] as const

export const workspace: readonly Operation[] = [
  {
    ...{ id: 'createWorkspace', method: 'post', path: '/api/v1/workspaces', tag: 'Workspace', access: 'operator key' },
    summary: 'Create a workspace',
    body: { [JSON_TYPE]: NewSettings },
    replies: { 201: { description: 'Its first key and account', schema: Created } },
    problems: CHANGES,
    examples: {
      small: {
        summary: 'With a limit of its own',
        body: { name: 'Acme', rate_limit_per_min: 5_000, redirect_hosts: ['example.com'] },
        status: 201,
        answer: { sources: [] },
      },
      nameless: {
        summary: 'Without a name',
        body: {},
        status: 422,
        answer: { code: 'validation_failed', errors: [{ param: 'name', sent: '' }] },
      },
    },
  },
  {
    ...{
      id: 'getSettings',
      method: 'get',
      path: '/api/v1/settings',
      tag: 'Workspace',
      access: 'api key',
      summary: 'Settings of the workspace',
    },
    replies: { 200: { description: 'In force', schema: Settings } },
    examples: { all: { summary: 'In force', status: 200, answer: { workspace_id: '{workspace_id}' } } },
  },
  {
    ...{ id: 'updateSettings', method: 'patch', path: '/api/v1/settings', tag: 'Workspace', access: 'api key', summary: 'Change settings' },
    description: 'What is left out stays. The rate limit is changed by the operator alone. Roles owner and admin.',
    body: { [JSON_TYPE]: SettingsPatch },
    replies: { 200: { description: 'In force everywhere within 5 s', schema: Settings } },
    problems: CHANGES,
    examples: {
      hold: { summary: 'Wait a week for clicks', body: { hold_hours: 168 }, status: 200, answer: { hold_hours: 168 } },
      limit: { summary: 'Not yours to change', body: { rate_limit_per_min: 1_000_000 }, status: 403, answer: { code: 'forbidden' } },
    },
  },
  {
    ...{ id: 'listApiKeys', method: 'get', path: '/api/v1/api-keys', tag: 'Workspace', access: 'api key', summary: 'Every API key' },
    replies: { 200: { description: 'Without the keys themselves', schema: z.object({ items: z.array(Key), next_cursor: z.null() }) } },
    examples: { all: { summary: 'All of them', status: 200 } },
  },
  {
    ...{ id: 'createApiKey', method: 'post', path: '/api/v1/api-keys', tag: 'Workspace', access: 'api key', summary: 'Create an API key' },
    description: 'Nobody gives a role away that they have not.',
    body: { [JSON_TYPE]: NewApiKey },
    replies: { 201: { description: 'The key is shown here and never again.', schema: Key.extend({ api_key: z.string() }) } },
    problems: CHANGES,
    examples: {
      viewer: {
        summary: 'One that only reads',
        body: { name: 'Dashboards', role: 'viewer' },
        status: 201,
        answer: { role: 'viewer', revoked_at: null },
      },
      role: {
        ...{ summary: 'A role that there is not', body: { name: 'x', role: 'king' }, status: 422 },
        answer: { code: 'validation_failed', errors: [{ param: 'role', sent: 'king' }] },
      },
    },
  },
  {
    ...{
      id: 'revokeApiKey',
      method: 'delete',
      path: '/api/v1/api-keys/{id}',
      tag: 'Workspace',
      access: 'api key',
      places: ID,
      summary: 'Revoke an API key',
    },
    replies: { 204: { description: 'Revoked, everywhere within 5 s' } },
    problems: ['not_found', 'conflict', 'overloaded'],
    examples: { one: { summary: 'One', params: { id: '{api_key_id}' }, status: 204 } },
  },
  {
    ...{ id: 'signIn', method: 'post', path: '/api/v1/session', tag: 'Session', access: 'nobody asks', summary: 'Sign in' },
    body: { [JSON_TYPE]: SignInBody },
    replies: { 200: { description: 'Set-Cookie is the session.', schema: Signed } },
    problems: ['unauthorized', 'rate_limited', 'validation_failed', 'forbidden', 'invalid_json', 'body_too_large', 'overloaded'],
    examples: {
      right: {
        summary: 'With its password',
        body: { email: '{admin_email}', password: '{admin_password}' },
        status: 200,
        answer: { email: '{admin_email}' },
      },
      wrong: {
        summary: 'With another',
        body: { email: '{admin_email}', password: 'guess' },
        status: 401,
        answer: { code: 'unauthorized' },
      },
    },
  },
  {
    ...{ id: 'whoAmI', method: 'get', path: '/api/v1/session', tag: 'Session', access: 'api key', summary: 'Who asks' },
    replies: { 200: { description: 'The role, and the workspace', schema: Session } },
    examples: {
      key: { summary: 'With an API key', status: 200, answer: { email: null, role: 'owner', workspace: { id: '{workspace_id}' } } },
    },
  },
  {
    ...{ id: 'signOut', method: 'delete', path: '/api/v1/session', tag: 'Session', access: 'nobody asks', summary: 'Sign out' },
    description: 'Ends the session of the cookie. Who has none is told the same.',
    replies: { 204: { description: 'The session is over.' } },
    problems: ['forbidden', 'https_required'],
    examples: { out: { summary: 'Sign out', status: 204 } },
  },
]
