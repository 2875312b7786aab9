/** What ends work that nobody waits for any more (https://dom.spec.whatwg.org/#interface-AbortSignal). */

/** What work looks at and listens to; every AbortSignal is one. */
export interface Ending {
  readonly aborted: boolean;
  readonly reason: unknown;
  /** Throws the reason once it is raised. */
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: true }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** An ending of one request: an AbortSignal takes several times as long to make, and next to no request has anything that listens to it. */
export class RequestEnding implements Ending {
  reason: unknown = undefined;
  aborted = false;
  #listeners: Set<() => void> | undefined;

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    (this.#listeners ??= new Set()).add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners?.delete(listener);
  }

  /** Raises it; once raised it stays as it is. */
  abort(reason: Error): void {
    if (this.aborted) return;
    [this.aborted, this.reason] = [true, reason];
    const listeners = this.#listeners;
    this.#listeners = undefined;
    listeners?.forEach((listener) => { listener(); });
  }
}
