import { z } from 'zod'

/** A Google Ads account as people write it, `123-456-7890`, or as the API takes it. */
const AccountId = z
  .string()
  .transform((text) => text.replaceAll('-', '').trim())
  .pipe(z.string().regex(/^\d{5,12}$/, '5 to 12 digits, with or without dashes, as Google Ads shows it'))

export const Settings = z.strictObject({
  operating_account_id: AccountId,
  /** The manager account through which it is reached. */
  login_account_id: AccountId.optional(),
  /** Our event -> numeric id of the conversion action. Google has no event names; an event without an action is not sent. */
  conversion_actions: z
    .record(z.string().min(1), z.string().regex(/^\d{1,20}$/, 'the numeric id of a conversion action, at most 20 digits'))
    .refine((actions) => new Set(Object.values(actions)).size <= 10, 'at most 10 conversion actions per destination'),
})
export type Settings = z.infer<typeof Settings>

/** Of an OAuth client whose refresh token has the scope `https://www.googleapis.com/auth/datamanager`. */
export const Credentials = z.strictObject({
  client_id: z.string().min(1).max(500),
  client_secret: z.string().min(1).max(500),
  refresh_token: z.string().min(1).max(2_000),
})
export type Credentials = z.infer<typeof Credentials>
