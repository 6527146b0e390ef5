import { z } from 'zod'
import type { Ledger } from './ledger.ts'
import { Script } from './script.ts'
import type { Twin, TwinReply, TwinRequest } from './twin.ts'

const problem = (status: number, code: string, title: string, detail: string): TwinReply => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: { type: 'about:blank', title, status, code, detail },
})

/** `/_twin/...`: what tests and people ask of a twin itself. */
export function control(
  { method, path, query, json }: TwinRequest,
  deps: { twin: Twin; ledger: Ledger; play(script: Script): void },
): TwinReply {
  switch (`${method} ${path}`) {
    case 'GET /_twin/requests': {
      const since = query.since ?? '0'
      return /^\d{1,15}$/.test(since)
        ? { status: 200, body: { items: deps.ledger.since(Number(since)) } }
        : problem(400, 'validation_failed', 'since is not a number', 'Send since=<seq>, the number of the last request you have seen.')
    }
    case 'DELETE /_twin/requests':
      deps.ledger.clear()
      return { status: 204, body: '' }
    case 'GET /_twin/conversions':
      return { status: 200, body: { items: deps.twin.beliefs.list() } }
    case 'DELETE /_twin/conversions':
      deps.twin.beliefs.clear()
      return { status: 204, body: '' }
    case 'PUT /_twin/script': {
      if (json === undefined) return problem(400, 'invalid_json', 'The body is not JSON', 'Send {"replies": [...], "then": "rules"}.')
      const script = Script.safeParse(json)
      if (!script.success) return problem(400, 'validation_failed', 'The script cannot be read', z.prettifyError(script.error))
      deps.play(script.data)
      deps.twin.rehearse(script.data)
      return { status: 200, body: script.data }
    }
    default:
      return problem(
        404,
        'not_found',
        'There is no such control',
        'GET DELETE /_twin/requests, GET DELETE /_twin/conversions, PUT /_twin/script.',
      )
  }
}
