import { gzipSync } from 'node:zlib'
import type { Stack } from '../../../src/local/stack-file.ts'
import { get, packet, post } from '../hostile/packet.ts'
import { sourceOf } from '../workspace.ts'
import type { Person } from './marks.ts'

export type Sent = { readonly name: string; readonly bytes: Uint8Array }

const PATH = '/api/v1/postback/conversions'
const encoded = (text: string): string => encodeURIComponent(text)
const twice = (text: string): string => encodeURIComponent(encodeURIComponent(text))
/** Names under which senders put people, in the words of several trackers and shops. */
const EMAIL_NAMES = ['user_email', 'email', 'Email', 'em', 'customer_email', 'buyerEmail', 'customer[email]', 'e-mail', 'mail', 'ud.email']
const PHONE_NAMES = ['user_phone', 'phone', 'ph', 'mobile', 'customer_phone', 'tel', 'phone_number', 'msisdn', 'whatsapp']
const NAME_NAMES = { first_name: ['first_name', 'fn', 'firstname', 'customer_first_name'], last_name: ['last_name', 'ln', 'surname'] }
const PLACE_NAMES = {
  street: ['address', 'street', 'address1', 'shipping_address'],
  city: ['city', 'billing_city'],
  state: ['state', 'customer_state'],
  zip: ['zip', 'postal_code'],
}

/** Every place of a request in which a sender could put a person, or a secret of ours. */
export function personalRequests(stack: Stack, who: Person): Sent[] {
  const { key, click_key } = sourceOf(stack, 'generic')
  const backend = sourceOf(stack, 'generic', 'backend').key
  const { api_key } = stack.workspace
  const { email, phone, fields, control } = who
  const authorization = [`Authorization: Bearer ${api_key}`]
  let serial = 0
  const id = (): string => `${control}c${++serial}`
  const base = (): string => `event=Purchase&value=12.30&currency=USD&click_id=${id()}&transaction_id=${control}t${serial}`
  const flat = { user_email: email, user_phone: phone, ...fields }
  // `state` and `external_id` are words of things too, wherever they are no field of a conversion.
  const inObject = (all: Record<string, string>) => Object.fromEntries(Object.entries(all).filter(([name]) => name !== 'state'))
  const named = Object.fromEntries(Object.entries({ ...flat, email, phone }).filter(([name]) => !['state', 'external_id'].includes(name)))
  const nested = {
    customer: {
      name: `${fields.first_name} ${fields.last_name}`,
      email,
      phone,
      address: { street: fields.street, city: fields.city, zip: fields.zip },
    },
    billing_address: { line1: fields.street, city: fields.city, postal_code: fields.zip, state: fields.state },
    contacts: [{ email }, { phone }, { birthday: fields.date_of_birth, first_name: fields.first_name }],
    payload: JSON.stringify({ user: { email, phone, last_name: fields.last_name } }),
    note: `write to ${email} or call ${phone}, with ${api_key}`,
    [email]: 1,
    [phone]: { [email]: email },
    url: `https://shop.test/thanks?email=${encoded(email)}&phone=${encoded(phone)}&fn=${fields.first_name}&t=${encoded(api_key)}`,
    key,
    api_key,
    password: `${control}password`,
  }
  const url = `https://${email.replace('@', '%40')}@shop.test/u/${encoded(email)}?email=${encoded(email)}&next=${encoded(`https://b.test/?phone=${encoded(phone)}&first_name=${fields.first_name}`)}&key=${key}#em=${encoded(email)}`
  const query = (values: Readonly<Record<string, string>>, encode = encoded): string =>
    Object.entries(values)
      .map(([name, value]) => `${encoded(name)}=${encode(value)}`)
      .join('&')
  const byName = (names: readonly string[], value: string): Record<string, string> => Object.fromEntries(names.map((name) => [name, value]))
  const everyName = {
    ...byName(EMAIL_NAMES, email),
    ...byName(PHONE_NAMES, phone),
    ...Object.assign({}, ...Object.entries({ ...NAME_NAMES, ...PLACE_NAMES }).map(([field, names]) => byName(names, fields[field] ?? ''))),
  } as Record<string, string>
  const subs = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`sub${n + 1}`, n % 2 === 0 ? email : phone]))
  const ids = {
    click_id: email,
    transaction_id: phone,
    event_id: email,
    fbclid: email,
    gclid: email,
    ttclid: phone,
    fbc: email,
    fbp: email,
    madid: email,
  }
  const words = {
    event: `Custom_${email}`,
    status: email,
    currency: email,
    value: phone,
    event_time: email,
    action_source: email,
    locale: email,
  }
  const urls = { event_source_url: url, referrer: url, landing_page: url }
  const everything = { event: 'Purchase', value: 3, currency: 'EUR', ...flat, ...urls, ...subs, custom_data: nested, unread_thing: nested }
  const headers = [
    `User-Agent: ${who.userAgent} (${email}; ${phone})`,
    `Referer: ${url}`,
    `Cookie: email=${email}; session=${control}session`,
    `X-Customer-Email: ${email}`,
    `From: ${email}`,
    `Idempotency-Key: ${email}${serial}`,
    `X-Forwarded-For: ${who.clientIp}`,
    ...authorization,
  ]
  const all: [string, Uint8Array][] = [
    ['named fields', get(`${PATH}?key=${key}&${base()}&${query(flat)}`)],
    ['named fields, encoded twice', get(`${PATH}?key=${key}&${base()}&${query(flat, twice)}`)],
    ['every name there is', get(`${PATH}?key=${key}&${base()}&${query(everyName)}`)],
    ['every name there is, encoded twice', get(`${PATH}?key=${key}&${base()}&${query(everyName, twice)}`)],
    ['subs', get(`${PATH}/${key}?${base()}&${query(subs)}`)],
    ['urls', get(`${PATH}?key=${key}&${base()}&${query(urls)}`)],
    ['urls, encoded twice', get(`${PATH}?key=${key}&${base()}&${query(urls, twice)}`)],
    ['ids', get(`${PATH}?key=${key}&event=Lead&${query(ids)}`)],
    ['words', get(`${PATH}?key=${key}&click_id=${id()}&${query(words)}`)],
    [
      'a name of a parameter',
      get(`${PATH}?key=${key}&${base()}&${encoded(email)}=1&${encoded(email)}=2&${encoded(phone)}=${encoded(phone)}`),
    ],
    [
      'JSON in a query',
      get(`${PATH}?key=${key}&${base()}&custom_data=${encoded(JSON.stringify(nested))}&extra=${encoded(JSON.stringify(nested))}`),
    ],
    ['headers', get(`${PATH}?key=${key}&${base()}`, headers)],
    ['a reply that repeats', get(`${PATH}?key=${key}&${base()}&user_email=${encoded(email)}&return=ok`)],
    [
      'a macro beside a person',
      get(`${PATH}?key=${key}&event=Lead&click_id={clickid}&user_email=${encoded(email)}&note={{${encoded(email)}}}`),
    ],
    ['a form', post(`${PATH}?key=${key}`, `${base()}&${query(everyName)}&${query(subs)}`, { type: 'application/x-www-form-urlencoded' })],
    ['JSON', post(`${PATH}?key=${key}&user_email=${encoded(email)}`, JSON.stringify({ ...everything, click_id: id() }), { headers })],
    ['JSON as text', post(`${PATH}?key=${key}`, JSON.stringify({ ...everything, click_id: id() }), { type: 'text/plain' })],
    [
      'JSON of every name',
      post(`${PATH}?key=${key}`, JSON.stringify({ event: 'Lead', click_id: id(), ...everyName, custom_data: inObject(everyName) })),
    ],
    ['a backend', post(`${PATH}?key=${backend}`, JSON.stringify({ ...everything, click_id: id() }), { headers })],
    ['a backend that is refused', post(`${PATH}?key=${backend}`, JSON.stringify({ ...everything, ...words, click_id: id() }), { headers })],
    ['a backend in the query', get(`${PATH}?key=${backend}&${query(words)}&${query(everyName)}`)],
    [
      'a signature of nonsense',
      post(`${PATH}?key=${backend}`, JSON.stringify(everything), {
        headers: [`webhook-id: ${email}`, 'webhook-timestamp: 1', `webhook-signature: v1,${email}`],
      }),
    ],
    [
      'half a JSON',
      post(
        `${PATH}?key=${key}`,
        `{"event":"Lead","user_email":"${email}","phone":"${phone}","first_name":"${fields.first_name}","customer":{"name":"${fields.last_name}",`,
      ),
    ],
    [
      'half a JSON of a backend',
      post(`${PATH}?key=${backend}`, `{"user_email":"${email}","note":"${email} ${phone}","address":"${fields.street}"`),
    ],
    [
      'XML',
      post(`${PATH}?key=${key}`, `<o><email>${email}</email><phone>${phone}</phone><first_name>${fields.first_name}</first_name></o>`, {
        type: 'application/xml',
      }),
    ],
    [
      'a multipart form',
      post(
        `${PATH}?key=${key}`,
        `--b\r\nContent-Disposition: form-data; name="email"\r\n\r\n${email}\r\n--b\r\nContent-Disposition: form-data; name="fn"\r\n\r\n${fields.first_name}\r\n--b--`,
        { type: 'multipart/form-data; boundary=b' },
      ),
    ],
    [
      'a compressed body',
      post(`${PATH}?key=${key}&user_email=${encoded(email)}`, gzipSync(JSON.stringify(everything)), {
        headers: ['Content-Encoding: gzip'],
      }),
    ],
    ['UTF-16', post(`${PATH}?key=${key}`, Buffer.from(JSON.stringify(everything), 'utf16le'))],
    [
      'a body that is too large',
      post(`${PATH}?key=${key}&${query(flat)}`, JSON.stringify({ ...everything, pad: 'x'.repeat(300_000) }), { headers }),
    ],
    ['a URL that is too long', get(`${PATH}?key=${key}&${query(flat)}&pad=${'x'.repeat(17_000)}`)],
    [
      'a URL with blanks',
      packet(`GET ${PATH}?key=${key}&email=${email}&phone=${phone}&name=${fields.first_name} HTTP/1.1\r\nHost: x\r\n\r\n`),
    ],
    [
      'two lengths',
      packet(
        `POST ${PATH}?key=${key} HTTP/1.1\r\nHost: x\r\nX-Email: ${email}\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nemail=${email}`,
      ),
    ],
    ['another method', get(`${PATH}?key=${key}&${query(flat)}`, headers, 'DELETE')],
    ['a wrong key', get(`${PATH}?key=${key.slice(0, -2)}xx&${query(flat)}`, headers)],
    ['no route', get(`/user/${encoded(email)}?${query(flat)}`, headers)],
    [
      'a batch',
      post(
        `${PATH}/batch?key=${key}`,
        JSON.stringify([{ ...everything, click_id: id() }, { ...words, click_id: id() }, email, { [email]: phone }]),
      ),
    ],
    [
      'a batch of a backend',
      post(`${PATH}/batch?key=${backend}`, JSON.stringify([{ ...everything, ...words }, everyName, email, [phone]])),
    ],
    [
      'lines, some of them broken',
      post(`${PATH}/batch?key=${backend}`, `${JSON.stringify(everything)}\n{"email":"${email}","fn":\n"${email}"\n{"phone":"${phone}"\n`),
    ],
    ['a batch that is none', post(`${PATH}/batch?key=${key}`, `[{"email":"${email}","first_name":"${fields.first_name}"`)],
    [
      'the clicks API',
      post('/api/v1/clicks', JSON.stringify(clicksOf(who, id, url)), { headers: [...authorization, `User-Agent: ${email}`] }),
    ],
    [
      'a click that is refused',
      post(
        '/api/v1/clicks',
        JSON.stringify({ click_id: id(), ...named, client_ip: email, cost: phone, currency: email, clicked_at: email }),
        { headers: authorization },
      ),
    ],
    [
      'a beacon',
      post(
        `/api/v1/clicks/pixel?key=${click_key}`,
        JSON.stringify({ click_id: id(), landing_url: url, utm: { utm_term: email, [email]: phone } }),
        { type: 'text/plain', headers: [`User-Agent: ${email}`] },
      ),
    ],
    [
      'a beacon that is refused',
      post(`/api/v1/clicks/pixel?key=${click_key}`, JSON.stringify({ click_id: id(), ...named }), { type: 'text/plain' }),
    ],
    [
      'a redirect',
      get(
        `/c/${click_key}?to=${encoded(`https://example.com/?email=${encoded(email)}&c={click_id}`)}&utm_term=${encoded(email)}&utm_source=${encoded(phone)}&gclid=${encoded(email)}&email=${encoded(email)}`,
        [`User-Agent: ${email}`, `Referer: ${url}`],
      ),
    ],
    [
      'a try',
      post(
        '/api/v1/postback/test',
        JSON.stringify({
          method: 'POST',
          url: `https://e.test${PATH}?key=${key}&${base()}&${query(flat)}&${query(words)}`,
          headers: { 'user-agent': email },
          body: { ...everything, fbclid: 'IwARtry' },
        }),
        { headers: authorization },
      ),
    ],
    [
      'a try that is refused',
      post('/api/v1/postback/test', JSON.stringify({ method: email, url: '', email, body: 7 }), { headers: authorization }),
    ],
  ]
  return all.map(([name, bytes]) => ({ name, bytes }))
}

/** One click whose ids name nobody, so that what it was told can be met by its postback, and one of people alone. */
function clicksOf({ email, phone, control, clientIp, userAgent }: Person, id: () => string, url: string): object[] {
  const seen = { client_ip: clientIp, client_user_agent: userAgent }
  return [
    { click_id: `${control}click`, fbclid: `IwAR${control}`, landing_url: url, utm: { utm_term: email, utm_source: 'x' }, ...seen },
    { click_id: id(), aliases: [email, phone], campaign_id: email, adset_id: phone, ad_id: email, gclid: email, fbp: phone, ...seen },
  ]
}
