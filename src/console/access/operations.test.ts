import { expect, test } from 'vitest'
import { ROLES } from '../../workspaces/schema.ts'
import { may, mayGrant, OPERATIONS, type Operation } from './operations.ts'

const operations = Object.keys(OPERATIONS) as Operation[]
const allowedTo = (role: Parameters<typeof may>[0]) => operations.filter((operation) => may(role, operation))

test('each role may do what its line says, and nothing else', () => {
  expect(allowedTo('data')).toEqual(['events.read'])
  expect(allowedTo('viewer')).toEqual(['events.read', 'settings.read', 'sources.read', 'destinations.read', 'rules.read', 'requests.test'])
  expect(allowedTo('editor')).toEqual([
    ...['events.read', 'settings.read', 'sources.read', 'sources.write', 'sources.keys'],
    ...['destinations.read', 'destinations.write', 'rules.read', 'rules.write', 'requests.test'],
  ])
  expect(allowedTo('operator')).toEqual(['workspaces.create', 'settings.read', 'settings.write', 'settings.limit'])
})

test.each(['owner', 'admin'] as const)('%s may do all but what is the operator’s', (role) => {
  expect(operations.filter((operation) => !may(role, operation))).toEqual(['workspaces.create', 'settings.limit'])
})

test('nobody grants more than they have', () => {
  const granted = (own: Parameters<typeof may>[0]) => ROLES.filter((role) => mayGrant(own, role))
  expect(granted('owner')).toEqual([...ROLES])
  expect(granted('admin')).toEqual(['admin', 'editor', 'viewer', 'data'])
  expect(granted('data')).toEqual(['data'])
})
