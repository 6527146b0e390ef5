import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Report } from '../../src/verify/verify.ts'

const PROJECT = join(import.meta.dirname, '..', '..')

/** `node src/main.ts verify` as an operator runs it. */
export async function runVerify(...args: readonly string[]): Promise<{ code: number | null; text: string; said: string }> {
  const child = spawn(process.execPath, [join(PROJECT, 'src', 'main.ts'), 'verify', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: Buffer[] = []
  const text: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => text.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
  const code = await new Promise<number | null>((done) => child.once('close', done))
  return { code, text: Buffer.concat(text).toString(), said: Buffer.concat(said).toString() }
}

/** The audit of a stack, all its addresses out of its file. Throws when it could not be done, with what the command said. */
export async function audit(stackFile: string, ...args: readonly string[]): Promise<Report> {
  const { code, text, said } = await runVerify('--stack', stackFile, '--json', ...args)
  if (code !== 0 && code !== 1) throw new Error(`verify ended with ${code}: ${said}`)
  const report = JSON.parse(text) as Report
  if (report.agrees !== (code === 0)) throw new Error(`verify ended with ${code} and says agrees: ${report.agrees}`)
  return report
}
