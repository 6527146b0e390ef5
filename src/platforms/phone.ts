import parsePhoneNumber, { type CountryCode, isSupportedCountry } from 'libphonenumber-js'

/** E.164 (`+16505551212`), or null when the number cannot be one. Without a country code it is read as a number of
 *  `defaultCountry` (ISO 3166 alpha-2); null there: such a number is none. `00` stands for the plus sign. Length is checked
 *  and no more: which ranges a country has handed out changes faster than this software. */
export function toE164(sent: string, defaultCountry: string | null): string | null {
  const text = sent.trim().replace(/^00/, '+')
  if (!text.startsWith('+') && (defaultCountry === null || !isSupportedCountry(defaultCountry))) return null
  const parsed = parsePhoneNumber(text, {
    ...(defaultCountry !== null && { defaultCountry: defaultCountry as CountryCode }),
    extract: false,
  })
  return parsed?.isPossible() === true ? parsed.number : null
}
