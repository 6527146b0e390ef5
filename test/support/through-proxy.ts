import net from 'node:net'

/** Loaded before a process of a test by `--import`: its connections to one port go to another, `THROUGH_PROXY=from:to`. A broker
 *  names its own address to its clients, so a proxy in front of it is reached only this way. */
const [from, to] = (process.env.THROUGH_PROXY ?? '').split(':').map(Number)
const direct = net.connect as (...args: unknown[]) => net.Socket
net.connect = ((options: { port?: number }, ...rest: unknown[]) =>
  direct(options.port === from ? { ...options, port: to } : options, ...rest)) as typeof net.connect
