import * as meta from '../meta/normal.ts'

/** TikTok's normal forms before hashing, as its tag manager template has them: https://github.com/tiktok/gtm-template-eapi
 *  Names and postal codes follow Meta's form, since TikTok prints none. */
export const email = meta.email

/** E.164 with the plus sign, unlike Meta's. */
export const phone = (e164: string): string => e164

/** Trimmed; case stays. */
export const externalId = meta.externalId
