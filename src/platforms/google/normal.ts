/** Google's normal forms before hashing, as its own library has them:
 *  https://github.com/googleads/data-manager-node/blob/main/util/src/formatter.ts
 *  null: the value has no such form. */

const orNull = (text: string): string | null => (text === '' ? null : text)

/** Of gmail.com and googlemail.com alone the dots and the +tag go; other providers may tell them apart. */
export function email(sent: string): string | null {
  const parts = sent.trim().toLowerCase().split('@')
  const [user, domain] = parts
  if (parts.length !== 2 || !user || !domain?.includes('.') || /\s/.test(user + domain)) return null
  if (domain !== 'gmail.com' && domain !== 'googlemail.com') return `${user}@${domain}`
  const bare = user.replace(/\+.*$/, '').replaceAll('.', '')
  return bare === '' ? null : `${bare}@${domain}`
}

/** E.164 with the plus sign. */
export const phone = (e164: string): string => e164

export const givenName = (sent: string): string | null =>
  orNull(
    sent
      .trim()
      .toLowerCase()
      .replace(/^(?:mr|mrs|ms|dr)\.(?:\s|$)/, '')
      .trim(),
  )

const SUFFIX = /(?:,\s*|\s+)(?:jr\.?|sr\.?|2nd|3rd|ii|iii|iv|v|vi|cpa|dc|dds|vm|jd|md|phd)\s?$/
export function familyName(sent: string): string | null {
  let name = ` ${sent.trim().toLowerCase()}`
  while (SUFFIX.test(name)) name = name.replace(SUFFIX, '')
  return orNull(name.trim())
}

/** Alpha-2 in upper case, sent plain. */
export function regionCode(sent: string): string | null {
  const code = sent.trim().toUpperCase()
  return /^[A-Z]{2}$/.test(code) ? code : null
}

/** Sent plain. */
export const postalCode = (sent: string): string | null => orNull(sent.trim())
