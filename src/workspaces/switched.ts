import type { WorkspaceCopy } from './copy.ts'

/** A copy that another may take the place of, for whoever has to start with an older one. */
export function switchedCopy(first: WorkspaceCopy): { readonly copy: WorkspaceCopy; become(next: WorkspaceCopy): void } {
  let current = first
  return {
    copy: {
      get: (workspaceId) => current.get(workspaceId),
      version: (workspaceId) => current.version(workspaceId),
      source: (workspaceId, sourceId) => current.source(workspaceId, sourceId),
      apiKey: (token) => current.apiKey(token),
      all: () => current.all(),
      appliedOffset: () => current.appliedOffset(),
      waitFor: (offset, timeoutMs) => current.waitFor(offset, timeoutMs),
    },
    become(next) {
      current = next
    },
  }
}
