export type OrPromise<T> = T | Promise<T>

/** What follows from a value that is nearly always there at once. `await` would hand the turn on to whoever waits for it. */
export const after = <A, B>(value: OrPromise<A>, next: (value: A) => OrPromise<B>): OrPromise<B> =>
  value instanceof Promise ? value.then(next) : next(value)
