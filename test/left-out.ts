import { existsSync } from 'node:fs'

/** What `npm test` did not try, said at its end. */
const left = [
  existsSync('/usr/bin/chromium')
    ? 'the page in Chromium: npm run test:browser'
    : 'the page in Chromium: apt-get install chromium, then npm run test:browser',
  'thousands of requests made out of the OpenAPI documents (schemathesis; needs Python 3): npm run test:fuzz, longer: npm run fuzz -- --examples 1000',
  'every role killed three times in a run of 10,000 postbacks, zombies, dead members, a reboot, poison, a broken network: npm run test:kill',
  'limits shared through Redis, the broker paused and killed under load, an edge with far too much to do, 10,000 runs of the spool: npm run test:kill (apt-get install redis-server)',
  'ten minutes of eight trackers by their own rules while the broker stays away for a minute at a time: npm run senders -- --minutes 10',
  'seven minutes of kills and pauses of edge processes and brokers under 500 postbacks/s: npm run chaos:edge',
  'half an hour of random kills and pauses under a million postbacks: npm run chaos -- --minutes 30',
]
console.log(`Left out here:\n${left.map((line) => `  ${line}`).join('\n')}\nAll of it: npm run test:full`)
