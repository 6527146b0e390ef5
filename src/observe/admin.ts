import { createServer, type Server, type ServerResponse } from 'node:http'
import { Fault } from '../events/fault.ts'

export type Readiness = { ready: boolean; reason: string }
/** Of prom-client's registry what a scrape needs. */
export type Scraped = { readonly contentType: string; metrics(): Promise<string> }

/** `/healthz` (alive, asks nobody), `/readyz`, `/metrics` of one role on its own port. Throws Fault `port_taken`. */
export async function serveAdmin(deps: {
  port: number
  scrape: () => Scraped | Promise<Scraped>
  readiness: () => Readiness | Promise<Readiness>
}): Promise<{ close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/healthz') return answer(response, 200, 'text/plain', 'ok\n')
    if (path === '/readyz') {
      const { ready, reason } = await deps.readiness()
      return answer(response, ready ? 200 : 503, 'application/json', `${JSON.stringify({ ready, reason })}\n`)
    }
    if (path === '/metrics') {
      const scraped = await deps.scrape()
      return answer(response, 200, scraped.contentType, await scraped.metrics())
    }
    answer(response, 404, 'text/plain', 'not found\n')
  })
  await listen(server, { port: deps.port, host: '127.0.0.1' })
  return { close: () => new Promise((done) => server.close(() => done())) }
}

/** Listens, or throws one sentence that says which port is taken. */
export function listen(server: Server, where: { port: number; host?: string; reusePort?: boolean }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Fault(
              'port_taken',
              `Port ${where.port} is taken. Stop what listens there, or choose another port by its variable (.env.example lists them).`,
            )
          : error,
      ),
    )
    server.listen(where, () => resolve())
  })
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
}
