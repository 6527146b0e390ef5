import { BlockList, isIP } from 'node:net'
import type { Settings } from '../../workspaces/schema.ts'

/** `observed`: it would be refused under `enforce`. */
export type Admission = 'admitted' | 'observed' | 'refused'
export type Allowlist = (settings: Settings['allowlist'] | undefined, ip: string) => Admission

/** Whether an address may send postbacks. The list of a workspace is built once for each version of its settings. */
export function createAllowlist(): Allowlist {
  const lists = new WeakMap<object, BlockList>()
  return (settings, ip) => {
    if (settings === undefined || settings.mode === 'off') return 'admitted'
    let list = lists.get(settings)
    if (list === undefined) {
      list = listOf(settings.cidrs)
      lists.set(settings, list)
    }
    const family = isIP(ip)
    if (family !== 0 && list.check(ip, family === 6 ? 'ipv6' : 'ipv4')) return 'admitted'
    return settings.mode === 'enforce' ? 'refused' : 'observed'
  }
}

/** Addresses and ranges, v4 and v6; what is neither admits nobody. */
export function listOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of cidrs) {
    const [address = '', prefix] = entry.trim().split('/')
    const family = isIP(address)
    if (family === 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) || Number(prefix ?? 0) > (family === 6 ? 128 : 32)) continue
    if (prefix === undefined) list.addAddress(address, family === 6 ? 'ipv6' : 'ipv4')
    else list.addSubnet(address, Number(prefix), family === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}
