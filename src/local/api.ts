import { Fault } from '../events/fault.ts'

/** One call of our own HTTP API, as any client would make it. Throws `part_down` with the problem's own words. */
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
  if (!response.ok) throw new Fault('part_down', `${method} ${new URL(url).pathname} answered ${response.status}: ${text.slice(0, 400)}`)
  return (text === '' ? null : JSON.parse(text)) as Answer // our own API
}
