import { instanceIdOf } from './groups.ts'
import { stock } from './modules.ts'

type Definition = { protocol(choice: { version: string | number }): (request: { groupId: string }) => unknown }

export const STATIC_REQUESTS = ['joinGroup', 'syncGroup', 'heartbeat', 'leaveGroup'] as const

/** kafkajs encodes `group_instance_id` (KIP-345) but nothing ever passes it. */
export function applyStaticMembership(name: (typeof STATIC_REQUESTS)[number]): void {
  const definition = stock(`src/protocol/requests/${name}/index.js`) as Definition
  const { protocol } = definition
  definition.protocol = (choice) => {
    const make = protocol(choice)
    return (request) => make({ ...request, groupInstanceId: instanceIdOf(request.groupId) } as { groupId: string })
  }
}
