/** IANA's present names of zones that Intl lists under an older one. */
const RENAMED = `
Africa/Asmara America/Argentina/Buenos_Aires America/Argentina/Catamarca America/Argentina/Cordoba America/Argentina/Jujuy
America/Argentina/Mendoza America/Atikokan America/Indiana/Indianapolis America/Kentucky/Louisville America/Nuuk Asia/Ho_Chi_Minh
Asia/Kathmandu Asia/Kolkata Asia/Yangon Atlantic/Faroe Europe/Kyiv Pacific/Chuuk Pacific/Kanton Pacific/Pohnpei
`
const NAMES = new Set([...Intl.supportedValuesOf('timeZone'), ...RENAMED.trim().split(/\s+/), 'UTC'])
/** Zones that Intl knows and the time zone table of ClickHouse does not yet. */
NAMES.delete('America/Coyhaique')

/** True for the name of a zone in its exact spelling: other spellings, offsets and retired names are read by Intl, and refused by
 *  ClickHouse. */
export const isTimeZone = (name: string): boolean => NAMES.has(name)

export const TIME_ZONE_EXPECTED = 'the name of an IANA time zone as it is spelled there, such as Europe/Berlin, or UTC'
