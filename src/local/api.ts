import { Fault } from '../events/fault.ts'

/** A call that was not answered with a 2xx; `status` is 0 when it was not answered at all. */
export class CallRefused extends Fault {
  readonly status: number

  constructor(status: number, message: string, cause?: unknown) {
    super('part_down', message, cause)
    this.status = status
  }
}

/** One call of our own HTTP API, as any client would make it. Throws CallRefused with the problem's own words. */
export async function call<Answer>(method: string, url: string, token: string | null, body?: unknown): Promise<Answer> {
  const what = `${method} ${new URL(url).pathname}`
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    signal: AbortSignal.timeout(30_000),
    redirect: 'manual',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new CallRefused(0, `${what} was not answered at ${new URL(url).host}. See the logs of the role that listens there.`, error)
  })
  const text = await response.text()
  if (!response.ok) throw new CallRefused(response.status, `${what} answered ${response.status}: ${text.slice(0, 400)}`)
  return (text === '' ? null : JSON.parse(text)) as Answer // our own API
}
