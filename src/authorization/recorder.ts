/**
 * The launch flight recorder: what an app asked, step by step, which rule it broke and how that is mended. It holds rules and
 * their outcome, never a token, a code, a secret or health data. Traces are in the store, so that the steps of one launch come
 * together whichever process took them, and outlive a restart; each app has a few, for a week.
 */
import type { Clock } from '../core/clock.js';
import { hashOf } from '../core/hash.js';
import { randomSecret } from '../core/id.js';
import type { Observe } from '../core/observe.js';
import type { GrantStore } from '../store/grant.js';
import { makeCollection } from './grant/collection.js';

export type Step = 'authorize' | 'sign-in' | 'launch' | 'patient' | 'consent' | 'code' | 'token' | 'refresh' | 'first call' | 'introspect' | 'revoke';

export interface Note {
  readonly step: Step;
  readonly ok: boolean;
  /** What happened, or the rule that was broken. */
  readonly what: string;
  /** What the app's maker does about it. */
  readonly mend?: string | undefined;
  /** Of several good ones only the first is kept. */
  readonly once?: boolean | undefined;
}

export interface TimedNote {
  readonly step: Step;
  readonly ok: boolean;
  readonly what: string;
  readonly mend?: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Trace {
  readonly client: string;
  readonly started: number;
  readonly notes: readonly TimedNote[];
}

/** Which launch a note belongs to: by the app's `state` until there is a grant, by the grant from then on; kept as hashes. */
export interface LaunchLink {
  readonly state?: string | undefined;
  readonly grant?: string | undefined;
}

export interface Recorder {
  /** Takes the note and writes it in its turn; what cannot be written is the operator's to know, never the app's trouble. */
  note(client: string, note: Note, link?: LaunchLink | Promise<LaunchLink>): void;
  /** Resolves with the traces of an app, the last first. */
  traces(client: string): Promise<readonly Trace[]>;
  /** Resolves with the apps that have traces. */
  clients(): Promise<readonly string[]>;
  /** Resolves when everything taken is written. */
  settle(): Promise<void>;
}

export interface RecorderParts {
  readonly grants: GrantStore;
  readonly clock: Clock;
  readonly isRegistered: (client: string) => Promise<boolean>;
  readonly observe: Observe;
}

interface KeptTrace extends Trace {
  readonly grant?: string | undefined;
}

const tracesPerClient = 20;
const notesPerTrace = 60;
const weekMs = 7 * 86_400_000;
/** A note that names no launch belongs to the newest one, when that is not older. */
const nearMs = 600_000;
/** Notes that wait to be written; under a flood the rest is let go. */
const mostWaiting = 1_000;
/** How long notes wait to be written together, in milliseconds. */
const aMoment = 200;
/** Requests of clients that do not exist are kept together, so that invented names fill nothing. */
export const strangers = '(not registered)';

/** Whether the authorization has ended, well or not. */
const isOver = ({ notes }: Trace): boolean => notes.some(({ step, ok }) => step === 'code' || (step === 'authorize' && !ok));

const hidden = (text: string): string => hashOf('launch trace', text);

/** Returns the recorder. */
export const makeRecorder = ({ grants, clock, isRegistered, observe }: RecorderParts): Recorder => {
  const kept = makeCollection<KeptTrace>(grants, 'launch-trace', ({ client, started, grant }) => ({ owner: client, alias: grant, expires: started + weekMs }));
  const newestFirst = async (client: string) => [...await kept.all(client)].sort((a, b) => b.value.started - a.value.started);

  const keyOf = async (client: string, { step }: Note, { state, grant }: LaunchLink): Promise<string | undefined> => {
    if (state !== undefined) return hidden(`${client} ${state}`);
    const known = grant === undefined ? undefined : await kept.getByAlias(hidden(grant));
    if (known !== undefined || step === 'authorize') return known?.key;
    const [newest] = await newestFirst(client);
    return newest !== undefined && clock.now() - newest.value.started < nearMs ? newest.key : undefined;
  };

  const begin = async (key: string, trace: KeptTrace): Promise<void> => {
    const before = await kept.get(key);
    // An app that sends the same state again launches anew all the same.
    if (before !== undefined && isOver(before)) {
      await kept.remove(key);
      await kept.insertOnce(randomSecret(), before);
    }
    if (!(await kept.insertOnce(key, trace))) await kept.change(key, (old) => ({ ...old, notes: [...old.notes, ...trace.notes] }));
    for (const { key: old } of (await newestFirst(trace.client)).slice(tracesPerClient)) await kept.remove(old);
  };

  const write = async (named: string, note: Note & { readonly at: number }, link: LaunchLink): Promise<void> => {
    const client = await isRegistered(named) ? named : strangers;
    const { step, ok, what, mend, at } = note;
    const timed: TimedNote = { step, ok, what, ...(mend === undefined ? {} : { mend }), at };
    const grant = link.grant === undefined ? undefined : hidden(link.grant);
    const key = await keyOf(client, note, link);
    let over = false;
    const add = (old: KeptTrace): KeptTrace | undefined => {
      over = step === 'authorize' && isOver(old);
      if (over) return undefined;
      const isKnown = note.once === true && old.notes.some((each) => each.step === step && each.ok);
      return isKnown || old.notes.length >= notesPerTrace ? undefined : { ...old, grant: old.grant ?? grant, notes: [...old.notes, timed] };
    };
    const changed = key === undefined ? undefined : await kept.change(key, add);
    if (changed !== undefined && !over) return;
    // What went well without a beginning that is still kept tells nobody anything.
    if (!ok || step === 'authorize') await begin(key ?? randomSecret(), { client, started: at, grant, notes: [timed] });
  };

  const queue = makeQueue((error) => { observe({ kind: 'failure', requestId: undefined, where: 'launch flight recorder', error }); });
  return {
    note: (client, note, link = {}) => {
      const linked = Promise.resolve(link);
      // It is waited for later: a failure is told then.
      linked.catch(() => undefined);
      const timed = { ...note, at: clock.now() };
      queue.add(async () => write(client, timed, await linked));
    },
    traces: async (client) => {
      await queue.settle();
      return (await newestFirst(client)).map(({ value }) => value);
    },
    clients: async () => {
      await queue.settle();
      return [...new Set((await kept.all()).map(({ value }) => value.client))].sort();
    },
    settle: () => queue.settle(),
  };
};

interface Queue {
  readonly add: (write: () => Promise<void>) => void;
  /** Resolves when everything that was added is done. */
  readonly settle: () => Promise<void>;
}

/** Notes are written together a moment later: what is done for a client that is registered, or for one that is not, must not be felt by the next request. */
const makeQueue = (fail: (error: unknown) => void): Queue => {
  let waiting: (() => Promise<void>)[] = [];
  let running: Promise<void> = Promise.resolve();
  let left = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const writes = waiting;
    waiting = [];
    for (const write of writes) running = running.then(write).catch(fail).finally(() => { left -= 1; });
    return running;
  };
  return {
    add: (write) => {
      if (left >= mostWaiting) return;
      left += 1;
      waiting.push(write);
      timer ??= setTimeout(() => { void flush(); }, aMoment).unref();
    },
    settle: flush,
  };
};

const mends: readonly (readonly [pattern: RegExp, mend: string])[] = [
  [/redirect_uri/, 'Register the redirect URI exactly as the app sends it: concierge client add --redirect URI.'],
  [/client (is invalid|not|is not)/i, 'Register the app: concierge client add, and use its id.'],
  [/\baud\b/, 'Send aud with the FHIR base URL that the app was given as iss, letter by letter.'],
  [/code_challenge|PKCE|code_verifier/i, 'Use PKCE with S256: a code_challenge when authorizing, its code_verifier when exchanging the code.'],
  [/\bstate\b/, 'Send a random state of at least 8 characters and compare it when the person comes back.'],
  [/scope/, 'Ask for scopes the app is registered for; .well-known/smart-configuration lists the forms.'],
  [/launch/, 'Open the app from the EHR again: a launch handle is good once, for one minute, for one user and app.'],
  [/(authorization code|refresh token).*(not found|consumed|used|expired)|used before/i, 'Exchange a code once and at once; keep the newest refresh token of each answer.'],
  [/assertion|aud \(JWT|alg mismatch|jti|iss/i, 'Sign the assertion with a registered key by RS384 or ES384; iss and sub are the client_id, aud is the token endpoint, exp at most 5 minutes away, a new jti each time.'],
  [/client authentication|secret/i, 'Send the secret once, by HTTP Basic.'],
  [/patient|record/i, 'Sign in as someone who has a record here, or choose one.'],
];

/** Returns what mends an error of the provider, told by its text. */
export const mendOf = (text: string): string => mends.find(([pattern]) => pattern.test(text))?.[1] ?? 'The message names the rule; see docs/smart.md.';
