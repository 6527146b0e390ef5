import { expect, test } from 'vitest'
import { kafkaClient } from './connect.ts'

function logger() {
  const told: { fields: object; message: string }[] = []
  const client = kafkaClient({
    brokers: ['127.0.0.1:1'],
    clientId: 'test',
    report: (_level, fields, message) => told.push({ fields, message }),
  })
  return { told, log: client.logger() }
}

test('what kafkajs repeats during an outage is told once', () => {
  const { told, log } = logger()
  for (let i = 0; i < 100; i++) log.error('Connection error: connect ECONNREFUSED', { broker: 'b' })
  log.error('another')
  expect(told.map(({ message }) => message)).toEqual(['Connection error: connect ECONNREFUSED', 'another'])
})

test('what is expected is not told, and only named fields are', () => {
  const { told, log } = logger()
  log.warn('Limiting retries for the idempotent producer may invalidate EoS guarantees')
  log.error('Response AddPartitionsToTxn', { error: 'while another concurrent operation on the same transaction was ongoing' })
  log.error('Response Produce', { error: 'not the leader', payload: 'secret', stack: 'secret' })
  expect(told).toEqual([{ fields: expect.objectContaining({ error: 'not the leader' }), message: 'Response Produce' }])
  expect(JSON.stringify(told)).not.toContain('secret')
})
