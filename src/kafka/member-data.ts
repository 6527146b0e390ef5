import { z } from 'zod'
import type { Candidate } from './placement.ts'

const Offset = z.int().nonnegative()
/** Version 1 of what a member's join carries to the leader, as JSON. */
const Told = z.object({
  v: z.literal(1),
  id: z.string().min(1),
  generation: z.int(),
  owned: z.array(z.string()),
  checkpoints: z.record(z.string(), Offset),
})

export function encodeMemberData({ id, generation, owned, checkpoints }: Candidate): Buffer {
  const told: z.infer<typeof Told> = { v: 1, id, generation, owned: [...owned], checkpoints: Object.fromEntries(checkpoints) }
  return Buffer.from(JSON.stringify(told))
}

/** What a member said of itself. One that only gives its name, as members of an older release do, or whose words cannot be
 *  read, owns nothing. `memberId` is its name when it gives none. */
export function decodeMemberData(bytes: Buffer | undefined, memberId: string): Candidate {
  const text = bytes?.toString() ?? ''
  const told = Told.safeParse(jsonOf(text))
  if (!told.success) return { id: isName(text) ? text : memberId, generation: -1, owned: new Set(), checkpoints: new Map() }
  const { id, generation, owned, checkpoints } = told.data
  return { id, generation, owned: new Set(owned), checkpoints: new Map(Object.entries(checkpoints)) }
}

const isName = (text: string): boolean => /^[\w.-]+$/.test(text)

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
