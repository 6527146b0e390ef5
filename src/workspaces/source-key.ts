import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** `pbk1`: a secret that may write postbacks. `clk1`: public, may only write clicks. */
export type KeyPurpose = 'pbk1' | 'clk1'
/** One of the server's secrets (`KEY_RINGS`); its id is inside of each key, so that rotating it leaves customers' URLs alive. */
export type KeyRing = { readonly id: string; readonly secret: Uint8Array }
export type SourceRef = { readonly workspaceId: string; readonly sourceId: string; readonly version: number; readonly ring: string }

const FORM = /^([a-z0-9_]{2,40})-([a-z0-9_]{2,40})\.([1-9]\d{0,8})\.([a-z0-9]{1,16})\.([A-Za-z0-9_-]{22})$/
const TAG_BYTES = 16
const TEXT_MAX = 160

/** The key of one version of a source: `<workspace>-<source>.<version>.<ring>.<tag>`. */
export function mintKey(workspaceId: string, sourceId: string, version: number, ring: KeyRing, purpose: KeyPurpose): string {
  const tag = tagOf(purpose, workspaceId, sourceId, version, ring.secret).toString('base64url')
  return `${workspaceId}-${sourceId}.${version}.${ring.id}.${tag}`
}

type Known = { readonly tag: Buffer; readonly text: string; readonly ref: SourceRef }
/** Keys that were right, by what stands before their tag. Only who has a key of ours can put something here. */
const known = new WeakMap<readonly KeyRing[], Record<KeyPurpose, Map<string, Known>>>()
const KNOWN_MAX = 20_000
const NOBODY: Known = { tag: randomBytes(TAG_BYTES), text: '', ref: { workspaceId: '', sourceId: '', version: 0, ring: '' } }
const sentTag = Buffer.alloc(TAG_BYTES)

/** What a key names, or null for every text that is no key of ours. One HMAC for all that is not right, whatever comes, compared in
 *  constant time, so that neither the answer nor its time tells which part was wrong; a key that was right before needs none, and its
 *  tag is compared as carefully. Revocation is the caller's matter. */
export function verifyKey(text: string, purpose: KeyPurpose, rings: readonly KeyRing[]): SourceRef | null {
  const ours = known.getOrInsertComputed(rings, () => ({ pbk1: new Map(), clk1: new Map() }))[purpose]
  if (text === '') return null
  const head = text.slice(0, text.lastIndexOf('.'))
  const before = ours.get(head) ?? NOBODY
  sentTag.fill(0)
  sentTag.write(text.slice(head.length + 1), 'base64url')
  // The last of 22 characters has two spare bits; only the spelling we mint is a key.
  if (timingSafeEqual(before.tag, sentTag) && before.text === text) return before.ref
  const found = verify(text, purpose, rings)
  if (found === null) return null
  if (ours.size >= KNOWN_MAX) ours.clear()
  ours.set(head, found)
  return found.ref
}

function verify(text: string, purpose: KeyPurpose, rings: readonly KeyRing[]): Known | null {
  const parts = text.length <= TEXT_MAX ? FORM.exec(text) : null
  const [, workspaceId = '', sourceId = '', version = '0', ringId = '', sent = ''] = parts ?? []
  const ring = rings.find((one) => one.id === ringId)
  const expected = tagOf(purpose, workspaceId, sourceId, Number(version), ring?.secret ?? NO_RING)
  const given = Buffer.alloc(TAG_BYTES)
  given.write(sent, 'base64url')
  const isRight = timingSafeEqual(expected, given)
  if (!isRight || ring === undefined || parts === null || expected.toString('base64url') !== sent) return null
  return { tag: expected, text, ref: { workspaceId, sourceId, version: Number(version), ring: ringId } }
}

const NO_RING = Buffer.alloc(32)

/** Ids hold no bar, so no two lists give one text. */
function tagOf(purpose: KeyPurpose, workspaceId: string, sourceId: string, version: number, secret: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${purpose}|${workspaceId}|${sourceId}|${version}`).digest().subarray(0, TAG_BYTES)
}
