import type { Hostile } from './packet.ts'
import { type Answered, exchange } from './raw-http.ts'

/** As a fault of ours would be shown: V8's frames, our own paths, ClickHouse's words. */
const INSIDE = /\n\s+at |node:internal|node_modules\/|\/src\/[a-z-]+\/|(?:Type|Range|Reference|Syntax)Error\b|ClickHouseError|DB::Exception/
export const AT_ONCE = 8

/** What is wrong with one answer; null: nothing. */
function faultOf(answer: Answered): string | null {
  const { status, headers, body } = answer
  const type = headers['content-type'] ?? ''
  if (!(status < 500)) return `answered ${status}`
  if (INSIDE.test(body)) return 'shows something of the inside'
  if (headers['x-content-type-options'] !== 'nosniff') return 'has no headers of ours'
  if (status < 400) return null
  if (!type.startsWith('application/problem+json')) return `${status} came as ${type || 'nothing'}`
  const problem = JSON.parse(body || 'null') as { status?: unknown; code?: unknown; detail?: unknown } | null
  const isProblem = problem?.status === status && typeof problem.code === 'string' && typeof problem.detail === 'string'
  return isProblem ? null : `${status} is no problem: ${body.slice(0, 200)}`
}

/** Sends all, some at a time, and tells of each that was not answered as it must be. */
export async function faultsOf(url: string, shapes: readonly Hostile[], mayBeHtml: boolean): Promise<string[]> {
  const faults: string[] = []
  const left = [...shapes]
  const one = async (): Promise<void> => {
    for (let shape = left.shift(); shape !== undefined; shape = left.shift()) {
      const { name, bytes, status, maySay, endsThere } = shape
      const { answers, rest, isClosed } = await exchange(url, bytes)
      const tell = (what: string) => faults.push(`${name}: ${what}`)
      if (rest !== '') tell(`ended in ${JSON.stringify(rest.slice(0, 100))}`)
      if (answers.length === 0 && maySay !== 'nothing') tell('was not answered')
      // A second answer is one to what was left over: a request that was smuggled in would be served.
      if (answers.slice(1).some((one) => one.status < 400) || (answers.length > 1 && !isClosed))
        tell(`was answered ${answers.length} times: ${answers.map((answer) => answer.status)}`)
      const [answer] = answers
      if (answer === undefined) continue
      const fault = faultOf(answer)
      if (fault !== null) tell(fault)
      if (status !== undefined && !status.includes(answer.status)) tell(`answered ${answer.status}: ${answer.body.slice(0, 200)}`)
      if (endsThere === true && answer.status >= 400 && !isClosed) tell('left the connection open')
      if (!mayBeHtml && /html/.test(answer.headers['content-type'] ?? '')) tell('came as HTML')
      if (/\s|^(?!https:\/\/example\.com\/|\/)/.test(answer.headers.location ?? '/')) tell(`leads to ${answer.headers.location}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return faults
}
