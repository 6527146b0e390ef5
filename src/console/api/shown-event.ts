import { showClick, showReading } from '../../api/show.ts'
import type { EventDetail } from '../../store/get-event.ts'

type Shown = Readonly<Record<string, unknown>>

/** One event as the API answers it: reading and click by their public names. */
export type ShownEvent = Omit<EventDetail, 'reading' | 'click'> & { readonly reading: Shown | null; readonly click: Shown | null }

export const showEvent = ({ reading, click, ...event }: EventDetail): ShownEvent => ({
  ...event,
  reading: reading === null ? null : showReading(reading),
  click: click === null ? null : showClick(click),
})
