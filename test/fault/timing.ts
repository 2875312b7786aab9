/**
 * What takes the same time tells nothing: an unknown account against a wrong password, an unknown client against a wrong
 * secret, a record that is hidden against one that never was. Samples are taken in turn and compared by Welch's t.
 */
import { mintToken } from '../../src/authorization/operator.js';
import { authorizeUrl, backChannel, Browser, fhir, newVerifier, openClinic, type Clinic } from '../feature/authorization/harness.js';
import type { Scenario } from './scenario.js';

/** Above this, a difference is there with near certainty (as in dudect). */
const limit = 4.5;

interface Moments {
  readonly mean: number;
  readonly variance: number;
  readonly count: number;
}

/** The slowest tenth is the machine's doing, not the code's. */
const momentsOf = (samples: readonly number[]): Moments => {
  const kept = [...samples].sort((a, b) => a - b).slice(0, Math.ceil(samples.length * 0.9));
  const mean = kept.reduce((sum, each) => sum + each, 0) / kept.length;
  return { mean, count: kept.length, variance: kept.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (kept.length - 1) };
};

const welch = (first: readonly number[], second: readonly number[]): { readonly t: number; readonly means: string } => {
  const [a, b] = [momentsOf(first), momentsOf(second)];
  return { t: (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count), means: `${a.mean.toFixed(3)} and ${b.mean.toFixed(3)} ms` };
};

const timed = async (act: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
};

interface Pair {
  readonly name: string;
  readonly first: () => Promise<unknown>;
  readonly second: () => Promise<unknown>;
}

/** Throttles count failures; each attempt comes from an address of its own. */
let attempt = 0;
const nextAddress = (): string => { attempt += 1; return `10.${String((attempt >> 16) & 255)}.${String((attempt >> 8) & 255)}.${String(attempt & 255)}`; };

const pairsOf = async (clinic: Clinic): Promise<readonly Pair[]> => {
  const browser = new Browser(clinic.origin);
  const page = await browser.follow(await browser.get(authorizeUrl(clinic, { scope: 'launch/patient patient/*.rs', verifier: newVerifier() })));
  const at = /action="([^"]*\/sign-in)"/.exec(page.text)?.[1] ?? '';
  const guard = /name="guard" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  const signIn = (email: string) => () => browser.send('POST', at, { guard, email, password: 'wrong password' }, { 'x-forwarded-for': nextAddress() });
  await clinic.server.clients.add({ id: 'known-client', type: 'confidential', redirectUris: ['https://a.example/'], scope: 'patient/*.rs' }, 'operator');
  const secret = (id: string) => () => backChannel(clinic, '/token', { grant_type: 'refresh_token', refresh_token: 'x' }, { authorization: `Basic ${Buffer.from(`${id}:wrong`).toString('base64')}` });
  const { token } = await mintToken(clinic.server, { client: 'app', user: 'ada@example.org', scope: 'patient/*.rs', patient: 'A', minutes: 60 });
  const read = (id: string) => async () => { await (await fhir(clinic, `Observation/${id}`, token)).text(); };
  return [
    { name: 'hidden record, absent record', first: read('obsB'), second: read('obsN') },
    { name: 'wrong password, unknown account', first: signIn('ada@example.org'), second: signIn('nobody@example.org') },
    { name: 'wrong secret, unknown client', first: secret('known-client'), second: secret('other-client') },
  ];
};

/** Resolves with the samples of both, taken in turn, the order of each two by chance. */
const sample = async ({ first, second }: Pair, times: number): Promise<readonly [number[], number[]]> => {
  const [a, b]: [number[], number[]] = [[], []];
  for (let warm = 0; warm < 20; warm += 1) { await first(); await second(); }
  for (let time = 0; time < times; time += 1) {
    const swapped = Math.random() < 0.5;
    for (const one of swapped ? [1, 0] : [0, 1]) (one === 0 ? a : b).push(await timed(one === 0 ? first : second));
  }
  return [a, b];
};

export const timing: Scenario = {
  name: 'timing',
  times: { short: 600, large: 5_000 },
  missing: () => undefined,
  run: async (times, say) => {
    const clinic = await openClinic({ trustProxy: true });
    try {
      const faults: string[] = [];
      for (const pair of await pairsOf(clinic)) {
        const { t, means } = welch(...(await sample(pair, times)));
        say(`${pair.name}: ${means}, t = ${t.toFixed(2)}`);
        if (Math.abs(t) >= limit) faults.push(`${pair.name} differ: ${means}, t = ${t.toFixed(2)}`);
      }
      if (faults.length > 0) throw new Error(faults.join('; '));
    } finally {
      await clinic.stop();
    }
  },
};
