import { readFileSync } from 'node:fs'
import { edgeDocument } from '../../api/openapi/edge-operations.ts'
import type { ApiRouter, Ctx } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { PAGE_HEADERS } from '../headers.ts'
import { consoleDocument } from './operations.ts'
import { docsPage } from './page.ts'

/** The API as a document and as a page. Both hold nothing of a workspace, so they need no sign-in. */
export function serveDocs(router: ApiRouter, { config }: Pick<ConsoleDeps, 'config'>): void {
  const own = consoleDocument()
  const json = JSON.stringify(own)
  const html = docsPage([
    { document: edgeDocument(config.publicUrl), json: `${config.publicUrl}/openapi.json` },
    { document: own, json: '/openapi.json' },
  ])
  const style = readFileSync(new URL('./style.css', import.meta.url), 'utf8')

  router.get('/openapi.json', (ctx: Ctx) => {
    ctx.set({ 'content-type': 'application/json; charset=utf-8', 'access-control-allow-origin': '*' })
    ctx.body = json
  })
  router.get('/docs', (ctx: Ctx) => {
    ctx.set({ ...PAGE_HEADERS, 'content-type': 'text/html; charset=utf-8' })
    ctx.body = html
  })
  router.get('/docs/style.css', (ctx: Ctx) => {
    ctx.set('content-type', 'text/css; charset=utf-8')
    ctx.body = style
  })
}
