import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const BODY = '{"status":"received"}'

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length }).end(BODY)
})
process.on('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port)) // an address of TCP
