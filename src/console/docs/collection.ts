import { z } from 'zod'
import { type Example, JSON_TYPE, type Operation } from '../../api/openapi/operation.ts'

type Given = {
  /** `sources`: the path, and with a capital the end of every operation's id. */
  readonly path: string
  readonly tag: string
  /** `source`, as a sentence says it. */
  readonly one: string
  /** `{source_id}`, the place of one that exists, in examples. */
  readonly place: string
  readonly shape: z.ZodType
  readonly New: z.ZodType
  readonly Patch: z.ZodType
  readonly create: Readonly<Record<string, Example>>
  readonly patch: Readonly<Record<string, Example>>
  /** What deleting one means. */
  readonly remove: string
  /** Operations on one, asked before it is read, changed and deleted. */
  readonly actions?: readonly Operation[]
}

export const ID = { id: 'Its id.' } as const
const IF_MATCH = 'With If-Match: the ETag of what was read, a change that somebody else made meanwhile is a 409 conflict.'

/** What `serveCollection` serves. */
export function collectionOperations(given: Given): readonly Operation[] {
  const { path, tag, one, place, shape, New, Patch, create, patch, remove, actions = [] } = given
  const name = path.slice(0, 1).toUpperCase() + path.slice(1).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  const all = { tag, access: 'api key' } as const
  const item = { ...all, path: `/api/v1/${path}/{id}`, places: ID } as const
  const missing = { summary: 'One that is not there', params: { id: 'nowhere' }, status: 404, answer: { code: 'not_found' } } as const
  return [
    {
      ...{ ...all, id: `list${name}`, method: 'get', path: `/api/v1/${path}`, summary: `Every ${one}` },
      replies: { 200: { description: 'All of them', schema: z.object({ items: z.array(shape), next_cursor: z.null() }) } },
      examples: { all: { summary: 'All of them', status: 200, answer: { next_cursor: null } } },
    },
    {
      ...{ ...all, id: `create${name}`, method: 'post', path: `/api/v1/${path}`, summary: `Create a ${one}`, body: { [JSON_TYPE]: New } },
      replies: { 201: { description: 'It takes effect everywhere within 5 s.', schema: shape } },
      problems: ['invalid_json', 'validation_failed', 'body_too_large', 'conflict', 'overloaded'],
      examples: create,
    },
    ...actions,
    {
      ...{ ...item, id: `get${name}`, method: 'get', summary: `One ${one}` },
      replies: { 200: { description: 'ETag is the version of the workspace.', schema: shape } },
      problems: ['not_found'],
      examples: { one: { summary: 'One', params: { id: place }, status: 200, answer: { id: place } }, missing },
    },
    {
      ...{ ...item, id: `update${name}`, method: 'patch', summary: `Change a ${one}`, description: `What is left out stays. ${IF_MATCH}` },
      body: { [JSON_TYPE]: Patch },
      replies: { 200: { description: 'As it is now', schema: shape } },
      problems: ['not_found', 'invalid_json', 'validation_failed', 'body_too_large', 'conflict', 'overloaded'],
      examples: patch,
    },
    {
      ...{ ...item, id: `delete${name}`, method: 'delete', summary: `Delete a ${one}`, description: remove },
      replies: { 204: { description: 'Deleted' } },
      problems: ['not_found', 'conflict', 'overloaded'],
      examples: { one: { summary: 'One', params: { id: place }, status: 204 }, missing },
    },
  ]
}
