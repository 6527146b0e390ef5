import { type Ctx, header } from './context.ts'
import { Refusal } from './problem.ts'

const BODY_MAX_BYTES = 1_000_000

/** The JSON body; `{}` when none was sent. Throws Refusal `body_too_large` or `invalid_json`. */
export async function readJson(ctx: Ctx): Promise<unknown> {
  const bytes = await readBytes(ctx)
  if (bytes.length === 0) return {}
  const type = header(ctx, 'content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw new Refusal('invalid_json', 'Send the body as application/json.')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown
  } catch {
    throw new Refusal('invalid_json')
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
