import { hash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Asset = { readonly type: string; readonly body: string }
export type Assets = {
  /** By their path under `/assets/<version>/`. */
  readonly files: ReadonlyMap<string, Asset>
  /** Changes with every file, so that what was served may be kept for ever. */
  readonly version: string
}

const SRC = fileURLToPath(new URL('../../', import.meta.url))
const CLIENT = 'console/page/client'
/** Modules of the server that the page shares. */
const SHARED = ['events/stages.ts', 'events/words.ts']
/** Packages the page imports, and their place. */
const PACKAGES = { preact: 'preact.mjs', 'preact/hooks': 'preact-hooks.mjs' } as const

const JAVASCRIPT = 'text/javascript; charset=utf-8'

/** Everything the page loads, read once: our modules without their types, the library as it is. Nothing is built. */
export function loadAssets(): Assets {
  const modules = globSync(`${CLIENT}/*.ts`, { cwd: SRC }).filter((path) => !path.endsWith('.test.ts'))
  const sources = new Map<string, string>()
  for (const path of [...modules, ...SHARED]) {
    sources.set(path, stripTypeScriptTypes(readFileSync(join(SRC, path), 'utf8')))
  }
  for (const [name, path] of Object.entries(PACKAGES)) {
    const code = readFileSync(fileURLToPath(import.meta.resolve(name)), 'utf8')
    sources.set(path, code.replace(/\n?\/\/# sourceMappingURL=.*$/m, ''))
  }
  const style = readFileSync(join(SRC, CLIENT, 'style.css'), 'utf8')
  const version = hash('sha256', JSON.stringify([style, ...sources]), 'hex').slice(0, 16)
  const files = new Map<string, Asset>([...sources].map(([path, code]) => [path, { type: JAVASCRIPT, body: resolved(code, version) }]))
  files.set('style.css', { type: 'text/css; charset=utf-8', body: style })
  return { files, version }
}

/** Browsers do not know packages: their names become addresses. */
function resolved(code: string, version: string): string {
  return Object.entries(PACKAGES).reduce(
    (text, [name, path]) => text.replaceAll(new RegExp(`(from\\s*)(['"])${name}\\2`, 'g'), `$1$2/assets/${version}/${path}$2`),
    code,
  )
}
