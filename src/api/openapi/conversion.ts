import { z } from 'zod'
import { FIELDS, type Field } from '../../dialects/definition.ts'
import { CONVERSION_STATUSES } from '../../events/words.ts'

const DESCRIPTIONS: Partial<Record<Field, string>> = {
  event: 'What happened: Purchase, Lead, SignUp, AddToCart, Subscribe, App_Install, another standard word, or Custom_<name>. Case-blind.',
  click_id: 'The id handed out at the click, byte for byte.',
  event_id: 'The id your browser pixel sends too. At most 128 characters; absent: made of the other fields, the same for a resend.',
  transaction_id: 'Your id of the order.',
  status: `A word of your own, as the status map of the source reads it, or one of ${CONVERSION_STATUSES.join(', ')}.`,
  value: 'In whole units of its currency, such as 12.34.',
  currency: 'ISO 4217; absent: the default of the source.',
  event_time: 'ISO 8601, or seconds or milliseconds since 1970; absent: the time of receipt.',
  user_email: 'Hashed on arrival; a SHA-256 passes as it is. So are phone, names, birth date and address.',
  items: 'A list of {id, name, quantity, price, category, brand}.',
  app: '{id, os, os_version, app_version, tracking_enabled, extinfo[16]}',
  consent: '{ad_user_data, ad_personalization}; absent is never taken for a yes.',
  custom_data: 'An object of your own, in a query as JSON text.',
  test: 'A test event is shown, and sent only with a test code.',
}
const OBJECTS: ReadonlySet<Field> = new Set(['app', 'consent'])
const BOOLEANS: ReadonlySet<Field> = new Set(['test', 'limited_data_use', 'ad_user_data', 'ad_personalization'])

function fieldOf(field: Field): z.ZodType {
  const schema = OBJECTS.has(field)
    ? z.looseObject({})
    : field === 'items'
      ? z.array(z.looseObject({}))
      : field === 'custom_data'
        ? z.union([z.string(), z.record(z.string(), z.unknown())])
        : BOOLEANS.has(field)
          ? z.union([z.boolean(), z.string()])
          : z.union([z.string(), z.number()])
  const described = DESCRIPTIONS[field]
  return (described === undefined ? schema : schema.describe(described)).optional()
}

/** A conversion as JSON takes it. Every name that some tracker has for a field is read too; what nobody reads is kept. */
export const ConversionInput = z.looseObject({
  ...(Object.fromEntries(FIELDS.map((field) => [field, fieldOf(field)])) as Record<Field, z.ZodType>), // one entry a field
  conversion_status: z.string().optional().describe('The same as status.'),
})

const KEY = z.string().describe('The key of the source, as postback_url has it.')
const shape = ConversionInput.shape as Readonly<Record<Field, z.ZodType>>
const inQuery = (field: Field): z.ZodType => {
  const described = DESCRIPTIONS[field]
  return (described === undefined ? z.string() : z.string().describe(described)).optional()
}
/** The fields a query mostly has; every other one goes there too. */
const QUERY_FIELDS = [
  'event',
  'click_id',
  'value',
  'currency',
  'status',
  'transaction_id',
  'event_id',
  'event_time',
  'user_email',
  'custom_data',
] as const
const RETURN = z
  .string()
  .optional()
  .describe('The form of the answer: json, gif, 204, or a text of at most 256 bytes that comes back as it is.')
const canonical = Object.fromEntries(QUERY_FIELDS.filter((field) => field in shape).map((field) => [field, inQuery(field)]))
export const PathQuery = z.object({ ...canonical, return: RETURN })
export const KeyQuery = z.object({ key: KEY })
export const ConversionQuery = z.object({ key: KEY, ...canonical, return: RETURN })
