import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { startEdge } from '../../src/edge/edge-double.ts'

test('F61: who never reads his answers is cut', { timeout: 240_000 }, async () => {
  const edge = await startEdge()
  const socket = connect(edge.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.pause()
  // Each answer is some 10 kB: far more than the buffers of the system take. Node cuts when a connection was still for as long as
  // an idle one may be kept. Only the edge sees it: the sender would have to read to hear of it.
  for (let n = 0; n < 5_000; n++) socket.write('GET /api/v1/postback/conversions/currencies HTTP/1.1\r\nhost: a\r\n\r\n')
  await expect.poll(edge.connections, { timeout: 30_000 }).toBe(1)
  await expect.poll(edge.connections, { timeout: 200_000, interval: 500 }).toBe(0)
  socket.destroy()
  await edge.close()
})
