import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Fault } from '../events/fault.ts'
import { isUuid } from './id-table.ts'

const IN_REPLY = /"postback_id"\s*:\s*"([0-9a-fA-F-]{36})"/g

/** The postback ids in a file: one a line, or the edge's replies as they came, a reply or a batch's reply a line. Throws
 *  `config_invalid` for a line that holds none, since an id that is not read is not looked for. */
export async function* acceptedIds(file: string): AsyncGenerator<string> {
  let number = 0
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      number++
      if (line.trim() === '') continue
      const ids = idsOfLine(line)
      if (ids.length === 0) throw new Fault('config_invalid', `Line ${number} of ${file} holds no postback_id.`)
      yield* ids
    }
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault('config_invalid', `${file} cannot be read.`, error)
  }
}

export function idsOfLine(line: string): string[] {
  const text = line.trim()
  if (isUuid(text)) return [text]
  return [...text.matchAll(IN_REPLY)].flatMap(([, id = '']) => (isUuid(id) ? [id] : []))
}
