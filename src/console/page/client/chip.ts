import { h } from 'preact'
import { WHY } from '../../../events/stages.ts'
import { words } from './format.ts'

/** A status as a word in its colour; the word alone says it, too. */
export const Chip = ({ status }: { status: string }) => h('span', { class: `chip chip-${status}` }, words(status))

/** The sentence behind a reason. */
export const sentence = (why: string): string => WHY[why] ?? words(why)
