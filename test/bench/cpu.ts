import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

let ticksPerS: number | null = null

/** CPU time of one process since its start, user and system, all threads, in microseconds (steps of 10 ms). Throws when it
 *  is gone: what a successor used would not be the whole. */
export function cpuUs(pid: number): number {
  ticksPerS ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return (ticksOf(statOf(pid)) * 1_000_000) / ticksPerS
}

export const cpuUsOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuUs(pid), 0)

/** These and the processes that they have started, as the ones behind one port. */
export function withChildren(pids: readonly number[]): number[] {
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', pids.join(',')], { encoding: 'utf8' })
  return [
    ...pids,
    ...children
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 0),
  ]
}

/** utime + stime, fields 14 and 15 of proc_pid_stat(5). The name in field 2 may hold spaces and brackets. */
export function ticksOf(stat: string): number {
  const [utime, stime] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  if (utime === undefined || stime === undefined) throw new Error(`this is no /proc/<pid>/stat: ${stat}`)
  return utime + stime
}

/** Of all CPU time since the machine started, what the host gave to other machines, in ticks: field 8 of `cpu` in proc_stat(5). */
export type Stolen = { readonly ticks: number; readonly of: number }
export function stolen(): Stolen {
  const [all = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1)
  const fields = all.split(/ +/).slice(1, 9).map(Number) // those behind are counted among the first
  return { ticks: fields[7] ?? 0, of: fields.reduce((sum, ticks) => sum + ticks, 0) }
}

/** 0 to 1. */
export function stolenShareSince(before: Stolen): number {
  const now = stolen()
  return (now.ticks - before.ticks) / Math.max(1, now.of - before.of)
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    throw new Error(`Process ${pid} ended while it was measured (or this machine has no /proc). Its log tells why.`)
  }
}
