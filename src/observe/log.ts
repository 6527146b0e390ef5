import { pino } from 'pino'

export type Log = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** One JSON object per line on stdout. Callers name the fields they log; whole requests, URLs and records are never
 *  logged, since they carry keys and personal data. The paths below are a second net. */
export function createLog(role: string, level: string): Log {
  return pino({
    level,
    base: { role },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        'key',
        'api_key',
        'password',
        'token',
        'authorization',
        'credentials',
        '*.key',
        '*.api_key',
        '*.password',
        '*.token',
        '*.authorization',
        '*.credentials',
      ],
      censor: '[secret]',
    },
  })
}
