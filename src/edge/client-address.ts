import { BlockList, isIP } from 'node:net'

export type Client = {
  /** The rightmost address that is none of our proxies; IPv4 in its own form. */
  readonly ip: string
  /** True when the sender spoke TLS, to us or to one of our proxies. */
  readonly isHttps: boolean
}

const PEERS_MAX = 10_000

/** Who sent a request. `X-Forwarded-*` counts only from peers in `trustedProxies` (addresses or CIDR ranges, v4 and v6):
 *  anybody can write these headers, so what stands left of the first stranger is hearsay. */
export function createClientAddress(trustedProxies: readonly string[]) {
  const trusted = new BlockList()
  for (const entry of trustedProxies) {
    const [address = '', prefix] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(prefix), family)
  }
  const isTrusted = (ip: string): boolean => trusted.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4')
  /** Of whoever is connected: the same few ask again and again. */
  let peers = new Map<string, { readonly ip: string; readonly isTrusted: boolean }>()
  const known = (peer: string): { readonly ip: string; readonly isTrusted: boolean } => {
    const before = peers.get(peer)
    if (before !== undefined) return before
    const ip = plain(peer)
    const now = { ip, isTrusted: isTrusted(ip) }
    if (peers.size >= PEERS_MAX) peers = new Map()
    peers.set(peer, now)
    return now
  }

  return (peer: string, isTls: boolean, forwardedFor: string | undefined, forwardedProto: string | undefined): Client => {
    const direct = known(peer)
    let { ip } = direct
    if (!direct.isTrusted) return { ip, isHttps: isTls }
    const isHttps = isTls || forwardedProto?.split(',').at(-1)?.trim().toLowerCase() === 'https'
    for (const hop of forwardedFor?.split(',').toReversed() ?? []) {
      const next = plain(hop.trim())
      if (isIP(next) === 0) break
      ip = next
      if (!isTrusted(ip)) break
    }
    return { ip, isHttps }
  }
}

/** `::ffff:1.2.3.4`, `[::1]` and `1.2.3.4:5678` as the address alone. */
function plain(text: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1]
  return mapped ?? /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text
}
