import { Fault } from '../events/fault.ts'

/** An answer that is no 2xx, with the problem's own words. */
export class CallRefused extends Fault {
  readonly status: number

  constructor(status: number, message: string) {
    super('part_down', message)
    this.status = status
  }
}

/** One call of our own HTTP API, as any client would make it. Throws CallRefused, or what fetch throws. */
export async function call<Answer>(method: string, url: string, token: string | null, body?: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    signal: AbortSignal.timeout(30_000),
    redirect: 'manual',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok)
    throw new CallRefused(response.status, `${method} ${new URL(url).pathname} answered ${response.status}: ${text.slice(0, 400)}`)
  return (text === '' ? null : JSON.parse(text)) as Answer // our own API
}
