import { readFileSync } from 'node:fs'
import { CtlFault } from './client.ts'

/** A JSON object given as text, or as `@<file>`, so that secrets stay out of the history of the shell. */
export function jsonObject(text: string): Record<string, unknown> {
  const given = text.startsWith('@') ? contentOf(text.slice(1)) : text
  try {
    const value: unknown = JSON.parse(given)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // told below
  }
  throw new CtlFault(`${text.startsWith('@') ? text.slice(1) : 'An option'} is not a JSON object. Write it like '{"name": "value"}'.`, 2)
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new CtlFault(`The file ${path} cannot be read.`, 2)
  }
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new CtlFault(`${text} is not a whole number.`, 2)
  return Number(text)
}

export const collect = (value: string, all: string[]): string[] => [...all, value]

/** The options that were given. */
export const given = (options: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
