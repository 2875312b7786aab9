/**
 * The launch flight recorder: what an app asked, step by step, which rule it broke and how that is mended. It holds codes
 * and rules, never a token, a code, a secret or health data; it is kept in memory and forgotten.
 */
import type { Clock } from '../core/clock.js';

export type Step = 'authorize' | 'sign-in' | 'launch' | 'patient' | 'consent' | 'code' | 'token' | 'refresh' | 'first call' | 'introspect' | 'revoke';

export interface Note {
  readonly step: Step;
  readonly ok: boolean;
  /** What happened, or the rule that was broken. */
  readonly what: string;
  /** What the app's maker does about it. */
  readonly mend?: string | undefined;
}

export interface TimedNote extends Note {
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Trace {
  readonly client: string;
  readonly started: number;
  readonly notes: readonly TimedNote[];
}

export interface Recorder {
  note(client: string, note: Note): void;
  /** Traces of an app, the last first. */
  traces(client: string): readonly Trace[];
  clients(): readonly string[];
}

const tracesPerClient = 20;
const notesPerTrace = 60;
const clientsAtMost = 500;

/** Returns an empty recorder; a trace begins with each authorization request. */
export const makeRecorder = (clock: Clock): Recorder => {
  const byClient = new Map<string, { client: string; started: number; notes: TimedNote[] }[]>();
  return {
    note: (client, note) => {
      const traces = byClient.get(client) ?? [];
      const at = clock.now();
      const last = traces[0];
      const seenBefore = note.step === 'first call' && last?.notes.some(({ step, ok }) => step === 'first call' && ok) === true;
      if (seenBefore && note.ok) return;
      if (last === undefined || note.step === 'authorize') traces.unshift({ client, started: at, notes: [{ ...note, at }] });
      else if (last.notes.length < notesPerTrace) last.notes.push({ ...note, at });
      traces.length = Math.min(traces.length, tracesPerClient);
      byClient.delete(client);
      byClient.set(client, traces);
      const [oldest] = byClient.size > clientsAtMost ? byClient.keys() : [];
      if (oldest !== undefined) byClient.delete(oldest);
    },
    traces: (client) => byClient.get(client) ?? [],
    clients: () => [...byClient.keys()].reverse(),
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
