import { expect, test } from 'vitest'
import type { Conversion } from '../events/conversion.ts'
import type { Reading } from '../events/postback.ts'
import { sampleClick, sampleReading } from '../events/samples.ts'
import { DEFAULT_SETTINGS, type Destination, type Rule, type Workspace } from '../workspaces/schema.ts'
import { route } from './route.ts'

const destination = (id: string, platform: Destination['platform'], given: Partial<Destination> = {}): Destination => ({
  id,
  platform,
  name: id,
  settings: {},
  credentials: { key: 'k1', nonce: '', data: '' },
  sandbox: true,
  active: true,
  send_unmatched: false,
  event_map: {},
  min_click_age: null,
  test_code: null,
  resumed_at: null,
  ...given,
})
const workspace = (rules: Rule[] = []): Workspace => ({
  id: 'w1',
  settings: { ...DEFAULT_SETTINGS, name: 'w' },
  sources: [],
  destinations: [
    destination('m1', 'meta'),
    destination('m2', 'meta', { test_code: 'T' }),
    destination('g1', 'google'),
    destination('off', 'meta', { active: false }),
    destination('mute', 'meta', { event_map: { Lead: null } }),
  ],
  rules,
  api_keys: [],
})
const conversion = (reading: Partial<Reading> = {}, click: Conversion['click'] = sampleClick()): Conversion => ({
  workspace_id: 'w1',
  postback_id: '01900000-0000-7000-8000-000000000001',
  source_id: 's1',
  tracker: 'keitaro',
  received_at: 1,
  reading: sampleReading(reading),
  click,
  matched_by: 'click_id',
})
const rule = (when: Rule['when'], ...destination_ids: string[]): Rule => ({ id: 'r1', name: 'r', when, destination_ids })

test.each([
  { name: 'goes to every active destination of its platform and to no other', given: conversion(), deliver: ['m1', 'm2', 'mute'] },
  { name: 'an inline id names the platform', given: conversion({ gclid: 'g' }, null), deliver: ['g1'] },
  { name: 'a click without a platform goes nowhere', given: conversion({}, sampleClick({ platform: null })), deliver: [] },
  { name: 'a rule that holds decides', given: conversion(), rules: [rule({ event: ['Purchase'] }, 'g1')], deliver: ['g1'] },
  {
    name: 'a rule that does not hold says nothing',
    given: conversion(),
    rules: [rule({ country: ['DE'] }, 'g1')],
    deliver: ['m1', 'm2', 'mute'],
  },
  {
    name: 'pending money is not sent',
    given: conversion({ conversion_status: 'pending' }),
    deliver: [],
    suppressed: ['m1:status_not_sent', 'm2:status_not_sent', 'mute:status_not_sent'],
  },
  {
    name: 'an event mapped to nothing is kept back there',
    given: conversion({ event: 'Lead' }),
    deliver: ['m1', 'm2'],
    suppressed: ['mute:event_unmapped'],
  },
  {
    name: 'a test event goes where a test code is',
    given: conversion({ test: true }),
    deliver: ['m2'],
    suppressed: ['m1:test', 'mute:test'],
  },
])('$name', ({ given, rules = [], deliver, suppressed = [] }) => {
  const routed = route(given, workspace(rules))
  expect(routed.deliver.map((one) => one.id)).toEqual(deliver)
  expect(routed.suppressed.map((one) => `${one.destination_id}:${one.why}`)).toEqual(suppressed)
})
