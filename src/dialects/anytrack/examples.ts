import type { DialectExample } from '../example.ts'

const WEBHOOK = 'https://support.anytrack.io/hc/en-us/articles/4406931308433-What-are-Webhooks-'
const CUSTOM = 'https://docs.anytrack.io/affiliate-networks-integrations/custom-affiliate-network-integration'
const PARAMETERS = 'https://readme.anytrack.io/docs/custom-integration-parameters'
const USD = { default_currency: 'USD' } as const
const ID = 'vp9CFjpm7EDzmiTd08p2Pj'

export const examples: readonly DialectExample[] = [
  {
    name: 'what AnyTrack posts, recognised without being told',
    docs: WEBHOOK,
    query: '',
    rules: { tracker: 'generic' },
    body: {
      type: 'application/json',
      text: JSON.stringify({
        assetId: 'TestAssetId',
        clientId: 'TestClientId',
        externalClientIds: { googleAnalytics: '99532458.1592848149' },
        clickId: ID,
        externalClickId: 'test123',
        eventName: 'Purchase',
        eventTime: '2021-09-09T14:08:10.499Z',
        eventTimestamp: 1631196490,
        eventValue: 3.77,
        currency: 'EUR',
        userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
      }),
    },
    reading: {
      event: 'Purchase',
      raw_event: 'Purchase',
      value: '3.77',
      currency: 'EUR',
      click_id: ID,
      event_time: Date.UTC(2021, 8, 9, 14, 8, 10, 499),
      client_user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
    },
    unread: {
      assetId: 'TestAssetId',
      clientId: 'TestClientId',
      externalClientIds: '{"googleAnalytics":"99532458.1592848149"}',
      externalClickId: 'test123',
      eventTimestamp: '1631196490',
    },
  },
  {
    name: 'the placeholder of its sample is no click id',
    docs: WEBHOOK,
    query: '',
    body: {
      type: 'application/json',
      text: JSON.stringify({ assetId: 'TestAssetId', clickId: 'CLICK_ID', eventName: 'Purchase', eventValue: 3.77, currency: 'EUR' }),
    },
    reading: { event: 'Purchase', raw_event: 'Purchase', value: '3.77', currency: 'EUR' },
    unread: { assetId: 'TestAssetId' },
    warnings: ['macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'its own receiver: a lead by its type',
    docs: CUSTOM,
    query: `click_id=${ID}&commission=0&conversion_type=lead`,
    rules: USD,
    reading: { event: 'Lead', raw_event: 'lead', value: '0', currency: 'USD', click_id: ID },
  },
  {
    name: 'its own receiver: an acquisition',
    docs: CUSTOM,
    query: `click_id=${ID}&commission=10&conversion_type=acquisition`,
    rules: USD,
    reading: {
      event: 'Purchase',
      conversion_status: 'approved',
      raw_event: 'acquisition',
      value: '10',
      currency: 'USD',
      click_id: ID,
    },
  },
  {
    name: 'its own receiver under another spelling of the click id',
    docs: PARAMETERS,
    query: `clickid=${ID}&amount=10&event_name=Purchase`,
    rules: USD,
    reading: { event: 'Purchase', raw_event: 'Purchase', value: '10', currency: 'USD', click_id: ID },
  },
  {
    name: 'neither type nor event: it would tell by the amount, we ask for a word',
    docs: 'https://readme.anytrack.io/glossary/postback-url',
    query: `click_id=${ID}&amount=10`,
    rules: USD,
    reading: { value: '10', currency: 'USD', click_id: ID },
    warnings: ['no_event'],
    quarantined: 'no_event',
  },
  {
    name: 'the placeholder of links on a page, not replaced',
    docs: 'https://readme.anytrack.io/docs/custom.md',
    query: 'click_id=--CLICK-ID--&event_name=Purchase&amount=10&currency=USD',
    reading: { event: 'Purchase', raw_event: 'Purchase', value: '10', currency: 'USD' },
    warnings: ['macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'its own receiver: a sale by its type',
    docs: CUSTOM,
    query: `click_id=${ID}&commission=10&conversion_type=sale`,
    rules: USD,
    reading: { event: 'Purchase', raw_event: 'sale', value: '10', currency: 'USD', click_id: ID },
  },
]
