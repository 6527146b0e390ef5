import { h, render } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import { Activity } from './activity.ts'
import { signOut } from './api.ts'
import { Connect } from './connect.ts'
import type { LiveState } from './live.ts'

const LIVE_TEXT: Readonly<Record<LiveState, string>> = { connecting: 'Connecting', live: 'Live', away: 'Reconnecting' }
const TABS = { activity: 'Activity', connect: 'Connect' } as const
type Tab = keyof typeof TABS

function Page({ workspace, email, mayChange }: { workspace: string; email: string; mayChange: boolean }) {
  const [tab, setTab] = useState<Tab>(location.hash === '#connect' ? 'connect' : 'activity')
  const [live, setLive] = useState<LiveState>('connecting')
  const onLive = useCallback((state: LiveState) => setLive(state), [])
  const show = (next: Tab) => {
    setTab(next)
    history.replaceState(null, '', next === 'activity' ? location.pathname + location.search : `${location.search}#${next}`)
  }
  return [
    h('header', { class: 'top' }, [
      h('div', { class: 'top-inner' }, [
        h('p', { class: 'wordmark' }, [h('span', { class: 'mark', 'aria-hidden': 'true' }), 'Postback']),
        h('p', { class: 'workspace' }, workspace),
        h(
          'nav',
          { 'aria-label': 'Sections' },
          (Object.keys(TABS) as Tab[]).map((id) =>
            h(
              'button',
              { type: 'button', class: 'tab', 'aria-current': id === tab ? 'page' : undefined, onClick: () => show(id) },
              TABS[id],
            ),
          ),
        ),
        h('p', { class: `live live-${live}`, role: 'status' }, LIVE_TEXT[live]),
        h('p', { class: 'who' }, email),
        h('button', { class: 'button quiet', type: 'button', onClick: signOut }, 'Sign out'),
      ]),
    ]),
    h('main', { class: 'main' }, [
      h('h1', { class: 'hidden' }, `Postbacks of ${workspace}`),
      h('div', { hidden: tab !== 'activity' }, h(Activity, { mayChange, onLive })),
      tab === 'connect' ? h(Connect, { mayChange }) : null,
    ]),
  ]
}

const root = document.querySelector<HTMLElement>('#page')
if (root !== null) {
  const { workspace = '', email = '', maySeeKeys } = root.dataset
  render(h(Page, { workspace, email, mayChange: maySeeKeys === 'true' }), root)
}
