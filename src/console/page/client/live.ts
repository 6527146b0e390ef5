import type { ListedEvent } from '../../../store/listed-event.ts'

export type LiveState = 'connecting' | 'live' | 'away'
const REOPEN_MS = 3_000

/** Follows the workspace until the returned function is called. The browser resumes by itself after a broken connection;
 *  after an answer that was an error it has to be opened anew. */
export function follow(tell: { changed(events: ListedEvent[]): void; state(state: LiveState): void }): () => void {
  let source: EventSource
  let timer: number | undefined
  const open = (): void => {
    source = new EventSource('/api/v1/postback/events/stream')
    source.onopen = () => tell.state('live')
    source.onerror = () => {
      tell.state('away')
      if (source.readyState === EventSource.CLOSED) timer = window.setTimeout(open, REOPEN_MS)
    }
    source.addEventListener('changed', (event) => tell.changed(JSON.parse(event.data)))
    source.addEventListener('ended', () => {
      source.close()
      location.assign('/sign-in')
    })
  }
  tell.state('connecting')
  open()
  return () => {
    window.clearTimeout(timer)
    source.close()
  }
}
