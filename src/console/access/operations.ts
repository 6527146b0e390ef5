import type { Role } from '../../workspaces/schema.ts'

/** Every operation of the API and who may do it; who is not listed may not. `operator` is who runs the installation. */
export const OPERATIONS = {
  'workspaces.create': ['operator'],
  'events.read': ['owner', 'admin', 'editor', 'viewer', 'data'],
  'settings.read': ['owner', 'admin', 'editor', 'viewer', 'operator'],
  'settings.write': ['owner', 'admin', 'operator'],
  /** The rate limit belongs to the operator. */
  'settings.limit': ['operator'],
  'sources.read': ['owner', 'admin', 'editor', 'viewer'],
  'sources.write': ['owner', 'admin', 'editor'],
  /** Keys of sources and the URLs that hold them. */
  'sources.keys': ['owner', 'admin', 'editor'],
  'destinations.read': ['owner', 'admin', 'editor', 'viewer'],
  'destinations.write': ['owner', 'admin', 'editor'],
  'rules.read': ['owner', 'admin', 'editor', 'viewer'],
  'rules.write': ['owner', 'admin', 'editor'],
  'api_keys.read': ['owner', 'admin'],
  'api_keys.write': ['owner', 'admin'],
  'requests.test': ['owner', 'admin', 'editor', 'viewer'],
} as const satisfies Record<string, readonly (Role | 'operator')[]>
export type Operation = keyof typeof OPERATIONS

export const may = (role: Role | 'operator', operation: Operation): boolean =>
  (OPERATIONS[operation] as readonly (Role | 'operator')[]).includes(role)

const RANK: Readonly<Record<Role, number>> = { owner: 4, admin: 3, editor: 2, viewer: 1, data: 0 }

/** Nobody hands out more than they have. */
export const mayGrant = (own: Role | 'operator', granted: Role): boolean => own === 'operator' || RANK[own] >= RANK[granted]
