import { readFileSync } from 'node:fs'
import type { Identify } from '../access/identify.ts'
import { may } from '../access/operations.ts'
import { type ApiRouter, askedWith, type Ctx } from '../context.ts'
import { PAGE_HEADERS } from '../headers.ts'
import { Refusal } from '../problem.ts'
import { loadAssets } from './assets.ts'
import { shell, signInForm } from './shell.ts'

const PAGE = '/connect/postback'

/** The page behind its sign-in, and the files it loads. */
export function servePages(router: ApiRouter, identify: Identify): void {
  const assets = loadAssets()
  const icon = readFileSync(new URL('./client/icon.svg', import.meta.url), 'utf8')

  router.get('/', (ctx: Ctx) => {
    ctx.redirect(PAGE)
  })
  router.get('/sign-in', (ctx: Ctx) => {
    if (identity(ctx, identify) !== undefined) return ctx.redirect(PAGE)
    html(ctx, shell(assets, { title: 'Sign in · Postback', entry: 'sign-in.ts', data: {}, body: signInForm }))
  })
  router.get(PAGE, (ctx: Ctx) => {
    const asker = identity(ctx, identify)
    if (asker?.workspace === undefined) return ctx.redirect('/sign-in')
    const { workspace, role } = asker
    html(
      ctx,
      shell(assets, {
        title: `Postbacks · ${workspace.settings.name}`,
        entry: 'main.ts',
        data: {
          workspace: workspace.settings.name,
          email: asker.kind === 'member' ? asker.email : '',
          'may-see-keys': String(may(role, 'sources.keys')),
        },
        body: '',
      }),
    )
  })
  router.get('/assets/:version/*path', (ctx: Ctx) => {
    const { version, path = '' } = ctx.params
    const asset = path === 'icon.svg' ? { type: 'image/svg+xml; charset=utf-8', body: icon } : assets.files.get(path)
    if (version !== assets.version || asset === undefined) throw new Refusal('not_found')
    ctx.set({ 'cache-control': 'public, max-age=31536000, immutable', 'content-type': asset.type })
    ctx.body = asset.body
  })
}

function identity(ctx: Ctx, identify: Identify) {
  try {
    return identify(askedWith(ctx))
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function html(ctx: Ctx, text: string): void {
  ctx.set({ ...PAGE_HEADERS, 'content-type': 'text/html; charset=utf-8' })
  ctx.body = text
}
