import { randomInt } from 'node:crypto'

/** User data nobody else has, and what tells that a search would have found it. */
export type Person = {
  readonly email: string
  readonly phone: string
  readonly fields: Readonly<Record<string, string>>
  /** Stands in ids and texts that name nobody: where it is not found, nothing was looked at. */
  readonly control: string
  readonly clientIp: string
  readonly userAgent: string
}

/** Letters alone, since a name has no digits. */
const letters = (count: number): string => Array.from({ length: count }, () => String.fromCharCode(97 + randomInt(26))).join('')

export function person(): Person {
  const own = letters(8)
  const subscriber = String(randomInt(1_000, 10_000))
  return {
    email: `Zqmail.${own}+News@Zqhost${own}.Test`,
    phone: `+1 415-770-${subscriber}`,
    fields: {
      first_name: `Zqfirst${own}`,
      last_name: `Zqlast${own}`,
      city: `Zqcity${own}`,
      state: `Zqstate${own}`,
      zip: `ZQZ${own}`,
      date_of_birth: '1907-03-17',
      external_id: `zqext${own}`,
      street: `12 Zqstreet${own}`,
    },
    control: `zqcontrol${own}`,
    clientIp: '198.51.100.77',
    userAgent: `ZqAgent${own}/1.0`,
  }
}

/** A text that must not be found, and what it is told as. */
export type Needle = { readonly what: string; readonly text: string }

/** What of a person must stand nowhere, in lower case, however it is written. */
export function needlesOf({ email, phone, fields }: Person): Needle[] {
  const digits = phone.replaceAll(/\D/g, '').slice(1)
  const [area = '', exchange = '', line = ''] = [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6)]
  const [local = '', host = ''] = email.toLowerCase().split(/\+news@/)
  const texts: [string, string][] = [
    ['e-mail', local],
    ['e-mail', local.replace('.', '')],
    ['e-mail', host.replace('.test', '')],
    ['phone', digits],
    ...[' ', '-', '.', '%20', '+', '%2d'].map((gap): [string, string] => ['phone', `${area}${gap}${exchange}${gap}${line}`]),
    ['phone', `${area}) ${exchange}-${line}`],
    ...Object.entries(fields).map(([name, text]): [string, string] => [name, text.toLowerCase().replace('12 ', '')]),
    ['date_of_birth', '19070317'],
  ]
  return texts.map(([what, text]) => ({ what, text }))
}

/** A secret in its own spelling and in lower case. */
export const secretNeedle = (what: string, text: string): Needle => ({ what, text: text.toLowerCase() })

/** Where of some bytes a needle stands, as it is, percent-encoded, or in base64 whatever stands before it. */
export function found(bytes: Buffer, needles: readonly Needle[]): string[] {
  const lower = bytes.toString('latin1').toLowerCase()
  return needles.flatMap(({ what, text }) => (spellings(text).some((one) => lower.includes(one)) ? [`${what} (${text})`] : []))
}

const known = new Map<string, readonly string[]>()
/** Searched in lower case, base64 too: two needles of one spelling there are as good as never. */
function spellings(text: string): readonly string[] {
  const before = known.get(text)
  if (before !== undefined) return before
  const percent = Array.from(text, (char) => `%${char.charCodeAt(0).toString(16)}`).join('')
  const base64 = [text, text.charAt(0).toUpperCase() + text.slice(1)].flatMap((one) =>
    // The first and the last characters depend on the neighbours.
    ['', 'x', 'xx'].map((before) =>
      Buffer.from(before + one)
        .toString('base64')
        .replace(/=+$/, '')
        .slice(before === '' ? 0 : before.length + 1, -1)
        .toLowerCase(),
    ),
  )
  const wide = ['\0', '\\u0000'].map((gap) => Array.from(text).join(gap))
  const all = [text, percent, ...wide, ...base64.filter((one) => one.length >= 10)]
  known.set(text, all)
  return all
}
