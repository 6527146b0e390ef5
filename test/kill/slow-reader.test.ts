import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { startEdge } from '../../src/edge/edge-double.ts'

test('F61: who never reads his answers is cut', async () => {
  const edge = await startEdge()
  const socket = connect(edge.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.pause()
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  // Each answer is some 10 kB: far more than the buffers of the system take. Node cuts when a connection was still for as long as
  // an idle one may be kept.
  for (let n = 0; n < 5_000; n++) socket.write('GET /api/v1/postback/conversions/currencies HTTP/1.1\r\nhost: a\r\n\r\n')
  await closed
  expect(socket.destroyed).toBe(true)
  await edge.close()
}, 120_000)
