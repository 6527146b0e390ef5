import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)

/** What both sides are told: personal data in clear for the libraries, hashed by ours. */
export const PERSON = {
  user_email: 'Alexz@example.com ',
  user_phone: '+1 800 555 0100',
  first_name: 'Valéry',
  last_name: 'Smith',
  city: 'Menlo Park',
  state: 'CA',
  zip: '94025',
  country: 'us',
  date_of_birth: '19970216',
  gender: 'Female',
  external_id: 'u-1',
} as const

export const SALE = { value: 12.34, currency: 'USD', order_id: 't-1', item: { id: 'sku-1', quantity: 2, price: 6.17 } } as const
export const TIME_MS = Date.parse('2026-11-20T11:00:00.000Z')
export const URL_SEEN = 'https://example.com/thanks'

type Setter = Record<string, (value: unknown) => Setter>
type MetaSdk = Record<'UserData' | 'CustomData' | 'ServerEvent' | 'Content', new () => Setter> & {
  EventRequest: new (token: string, pixel: string) => Setter & { execute(): Promise<unknown> }
}

/** The request that facebook-nodejs-business-sdk 24.0.1 would send for one event. */
export async function metaRequest(eventName: string, withSale: boolean): Promise<{ url: string; method: string; body: unknown }> {
  const sdk = load('facebook-nodejs-business-sdk') as MetaSdk
  const set = (target: Setter, fields: Record<string, unknown>): Setter => {
    for (const [name, value] of Object.entries(fields)) target[name]?.call(target, value)
    return target
  }
  const user = set(new sdk.UserData(), {
    setEmail: PERSON.user_email,
    setPhone: PERSON.user_phone,
    setFirstName: PERSON.first_name,
    setLastName: PERSON.last_name,
    setCity: PERSON.city,
    setState: PERSON.state,
    setZip: PERSON.zip,
    setCountry: PERSON.country,
    setDateOfBirth: PERSON.date_of_birth,
    setGender: PERSON.gender,
    setExternalId: PERSON.external_id,
    setClientIpAddress: '192.0.2.1',
    setClientUserAgent: 'Mozilla/5.0',
    setFbc: 'fb.1.1795000000000.IwAR2F4-dbP0l7',
    setFbp: 'fb.1.1795000000000.1116446470',
  })
  const event = set(new sdk.ServerEvent(), {
    setEventName: eventName,
    setEventTime: TIME_MS / 1_000,
    setEventId: 'e1',
    setActionSource: 'website',
    setEventSourceUrl: URL_SEEN,
    setUserData: user,
  })
  if (withSale) {
    const { item } = SALE
    const content = set(new sdk.Content(), { setId: item.id, setQuantity: item.quantity, setItemPrice: item.price })
    event.setCustomData?.(
      set(new sdk.CustomData(), {
        setValue: SALE.value,
        setCurrency: SALE.currency,
        setOrderId: SALE.order_id,
        setContents: [content],
        setContentIds: [item.id],
        setContentType: 'product',
      }),
    )
  }
  let sent: { url: string; method: string; body: unknown } | undefined
  const request = new sdk.EventRequest('EAAexample', '123456789012345')
  request.setEvents?.([event])
  request.setHttpService?.({
    executeRequest: (url: string, method: string, _headers: unknown, params: unknown) => {
      sent = { url, method, body: JSON.parse(JSON.stringify(params)) as unknown }
      return Promise.resolve({})
    },
  })
  await request.execute()
  if (sent === undefined) throw new Error('the library sent nothing')
  return sent
}

type ProtoType = { fromObject(plain: object): unknown }

/** The JSON that the protos of @google-ads/datamanager 0.3.0 make of an IngestEventsRequest. */
export function googleBody(request: object): unknown {
  const protobuf = load('protobufjs') as { Root: { fromJSON(json: unknown): { lookupType(name: string): ProtoType } } }
  const { toProto3JSON } = load('proto3-json-serializer') as { toProto3JSON(message: unknown): unknown }
  const root = protobuf.Root.fromJSON(load('@google-ads/datamanager/build/protos/protos.json'))
  return toProto3JSON(root.lookupType('google.ads.datamanager.v1.IngestEventsRequest').fromObject(request))
}

type Model = { constructFromObject(data: object): object }

/** What tiktok-business-api-sdk-official 1.1.3 makes of an event. It knows `pixel/track` alone, the endpoint before
 *  `event/track`, so only its parts can be compared. */
export async function tiktokTrackBody(data: object): Promise<Record<string, unknown>> {
  const name = 'tiktok-business-api-sdk-official' // in a variable: it has no types
  const { PixelTrackBody } = (await import(name)) as { PixelTrackBody: Model }
  return JSON.parse(JSON.stringify(PixelTrackBody.constructFromObject(data))) as Record<string, unknown>
}
