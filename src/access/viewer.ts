/**
 * On whose behalf data is touched. Every interaction takes a Viewer; there is no access without one (design rule 1).
 * Scopes, compartments, consent and labels will refine it; `restrict.ts` turns it into plan predicates.
 */
export interface Viewer {
  /** `open`: authorization is switched off; `system`: the server itself or its operator's command. */
  readonly kind: 'open' | 'system';
  /** Stable text that tells callers apart: idempotency keys and page links are bound to it. */
  readonly key: string;
  /** For the operator's log: why the server acts by itself. */
  readonly reason?: string | undefined;
}

/** The viewer of every request under AUTH=open. */
export const openViewer: Viewer = { kind: 'open', key: 'open' };

/** Returns a viewer for work of the server itself. `reason` names the command or job. */
export const systemViewer = (reason: string): Viewer => ({ kind: 'system', key: 'system', reason });
