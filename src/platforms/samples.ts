import type { Click } from '../events/click.ts'
import type { Conversion } from '../events/conversion.ts'
import type { Reading } from '../events/postback.ts'
import { sampleClick, sampleReading } from '../events/samples.ts'

/** The clock of the examples. */
export const NOW_MS = Date.parse('2026-11-20T12:00:00.000Z')
export const RECEIVED_AT_MS = NOW_MS - 2_000
export const CLICKED_AT_MS = Date.parse('2026-11-19T12:00:00.000Z')

/** Hashes of the platforms' own published vectors. */
export const HASHES = {
  /** `alexz@example.com` */
  email: '509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a',
  /** `16505551212` */
  phone_digits: 'e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176',
  /** `+18005550100` */
  phone_e164: 'fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30',
  /** `valéry` */
  first_name: '08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c',
  /** `19970216` */
  birth_date: '01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c',
  /** `us` */
  country: '79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621',
} as const

/** A conversion for examples: what is not given is absent, `click: null` is one without a click. */
export function sampleConversion(
  reading: Partial<Reading> = {},
  click: Partial<Click> | null = {},
  receivedAtMs: number = RECEIVED_AT_MS,
): Conversion {
  return {
    workspace_id: 'w1',
    postback_id: '01900000-0000-7000-8000-000000000001',
    source_id: 's1',
    tracker: 'keitaro',
    received_at: receivedAtMs,
    reading: sampleReading(reading),
    click: click === null ? null : sampleClick({ clicked_at: CLICKED_AT_MS, received_at: CLICKED_AT_MS, ...click }),
    matched_by: click === null ? 'inline' : 'click_id',
  }
}
