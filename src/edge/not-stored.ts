import { type Answer, bodyError, overloaded, problem, spoolFull } from '../api/answer.ts'
import type { Stored } from './storage.ts'

/** The answer when neither the broker nor the disk took it. */
export function notStored({ why }: Extract<Stored, { kind: 'refused' }>): Answer {
  if (why === 'spool_full') return spoolFull()
  if (why === 'unavailable') return overloaded()
  return problem('body_too_large', {
    errors: [
      bodyError('body_too_large', 'What was read of it is larger than a record of the queue may be.', 'Send less with each conversion.'),
    ],
  })
}
