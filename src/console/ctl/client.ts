/** One sentence for the person at the shell. `exitCode` 2: the call itself is wrong; 1: it failed. */
export class CtlFault extends Error {
  override readonly name = 'CtlFault'
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

export type Client = {
  call<T>(method: string, path: string, body?: unknown): Promise<T>
  /** Lines of a stream of server-sent events, `data` parsed; ends when the server does. */
  listen(path: string, lastId: string | undefined): AsyncIterable<{ readonly event: string; readonly id: string; readonly data: unknown }>
}

/** Nobody answered: whoever follows may try again. */
export class Unreachable extends CtlFault {}

/** The HTTP API at `url`. Throws CtlFault for everything that is not an answer in 2xx. */
export function createClient(url: string, key: string): Client {
  async function send(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Response> {
    let response: Response
    try {
      response = await fetch(`${url.replace(/\/$/, '')}/api/v1${path}`, {
        method,
        redirect: 'manual',
        headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    } catch {
      throw new Unreachable(`No console answers at ${url}. Check POSTBACK_URL and that the console runs.`)
    }
    if (!response.ok) throw new CtlFault(await sentenceOf(response))
    return response
  }
  return {
    async call<T>(method: string, path: string, body?: unknown) {
      const response = await send(method, path, {}, body)
      const text = await response.text()
      return (text === '' ? {} : JSON.parse(text)) as T
    },
    async *listen(path, lastId) {
      const response = await send('GET', path, { accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) })
      let rest = ''
      for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + chunk).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
          const data = fields.get('data')
          if (data !== undefined) yield { event: fields.get('event') ?? '', id: fields.get('id') ?? '', data: JSON.parse(data) }
        }
      }
    },
  }
}

type Problem = {
  readonly code?: string
  readonly detail?: string
  readonly errors?: readonly { param: string; sent: string; expected: string }[]
}

async function sentenceOf(response: Response): Promise<string> {
  let problem: Problem = {}
  try {
    problem = (await response.json()) as Problem
  } catch {
    // not our API, or a proxy before it: the status has to do
  }
  const fields = problem.errors?.map(({ param, sent, expected }) => `${param}${sent === '' ? '' : ` (${sent})`}: ${expected}`)
  const text = fields === undefined ? (problem.detail ?? `The console answered ${response.status}.`) : fields.join('; ')
  return problem.code === undefined ? text : `${problem.code}: ${text}`
}
