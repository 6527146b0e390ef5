import { z } from 'zod'

/** Milliseconds since 1970-01-01T00:00:00Z. Seconds and ISO strings become this at the border, once. */
export const EpochMs = z.int().nonnegative()

/** `code` is stable; `param` the sender's own name for it, '' when it concerns the whole request; `fix` what would be right. */
export const Problem = z.strictObject({ code: z.string(), param: z.string(), message: z.string(), fix: z.string() })
export type Problem = z.infer<typeof Problem>

/** A decimal number as text, in whole units of its currency: `12.34`, `-5`, `0.0005`. At most 6 decimals, no exponent. */
export const Decimal = z.string().regex(/^-?\d{1,12}(\.\d{1,6})?$/)

const text = z.string().nullable()

export const Item = z.strictObject({
  id: text,
  name: text,
  quantity: z.number().nullable(),
  price: Decimal.nullable(),
  category: text,
  brand: text,
})
export type Item = z.infer<typeof Item>

export const App = z.strictObject({
  id: text,
  os: text,
  os_version: text,
  app_version: text,
  tracking_enabled: z.boolean().nullable(),
  /** Meta's sixteen device strings, or empty. */
  extinfo: z.array(z.string()),
})
export type App = z.infer<typeof App>

/** null: the sender said nothing, which is never taken for a yes. */
export const Consent = z.strictObject({ ad_user_data: z.boolean().nullable(), ad_personalization: z.boolean().nullable() })
export type Consent = z.infer<typeof Consent>

/** Every SHA-256 form of user data that some platform needs, each lower-case hex. `email` and the others without suffix
 *  are Meta's and TikTok's normal form; `_google` is Google's; `phone_digits` has no plus sign, `phone_e164` has it. */
export const USER_FORMS = [
  'email',
  'email_google',
  'phone_digits',
  'phone_e164',
  'first_name',
  'first_name_google',
  'last_name',
  'last_name_google',
  'city',
  'state',
  'zip',
  'country',
  'birth_date',
  'gender',
  'external_id',
] as const
export type UserForm = (typeof USER_FORMS)[number]
export const HashedUser = z.partialRecord(z.enum(USER_FORMS), z.string().regex(/^[0-9a-f]{64}$/))
export type HashedUser = z.infer<typeof HashedUser>
