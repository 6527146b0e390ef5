import { parseJson } from '../api/read/json.ts'
import { type Ctx, header } from './context.ts'
import { Refusal } from './problem.ts'

const BODY_MAX_BYTES = 1_000_000

/** The JSON body; `{}` when none was sent. Throws Refusal `body_too_large` or `invalid_json`. */
export async function readJson(ctx: Ctx): Promise<unknown> {
  const bytes = await readBytes(ctx)
  if (bytes.length === 0) return {}
  const type = header(ctx, 'content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw new Refusal('invalid_json', 'Send the body as application/json.')
  const parsed = parseJson(textOf(bytes))
  if (parsed.kind === 'invalid') throw new Refusal('invalid_json', parsed.why === 'too_deep' ? 'Nest at most 32 levels.' : undefined)
  const [refused] = parsed.refusedNames
  if (refused !== undefined) throw new Refusal('invalid_json', `${refused} is no name a field may have.`)
  return parsed.value
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refusal('invalid_json', 'Send the body in UTF-8.')
  }
}

async function readBytes(ctx: Ctx): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_MAX_BYTES) throw new Refusal('body_too_large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
