/**
 * What takes the same time tells nothing: an unknown account against a wrong password, an unknown client against a wrong
 * secret, a record that is hidden against one that never was. Samples are taken in turn and compared by Welch's t.
 */
import { Agent } from 'node:http';
import { mintToken } from '../../src/authorization/operator.js';
import { authorizeUrl, backChannel, Browser, newVerifier, openClinic, type Clinic } from '../feature/authorization/harness.js';
import { call } from '../support/http.js';
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
  readonly before?: () => void;
  readonly after?: () => void;
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
  return [
    ...await hiddenPairsOf(clinic),
    { name: 'wrong password, unknown account', first: signIn('ada@example.org'), second: signIn('nobody@example.org') },
    { name: 'wrong secret, unknown client', first: secret('known-client'), second: secret('other-client') },
  ];
};

/** What is hidden against what never was, by each way of naming one resource, on one connection; the last with a record of every access. */
const hiddenPairsOf = async ({ server, base, service }: Clinic): Promise<readonly Pair[]> => {
  const { token } = await mintToken(server, { client: 'app', user: 'ada@example.org', scope: 'patient/*.cruds', patient: 'A', minutes: 60 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' };
  const ask = (method: string, path: string, body?: string) => () => call({ method, url: `${base}/Observation${path}`, headers, body, agent });
  const pair = (name: string, method: string, path: string): Pair => {
    const of = (id: string) => ask(method, path.replace('ID', id), method === 'PUT' ? JSON.stringify({ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/A' } }) : undefined);
    return { name, first: of('obsB'), second: of('obsN') };
  };
  const audited = pair('hidden record, absent record, both audited', 'GET', '/ID');
  const audit = { provenance: false };
  return [
    pair('hidden record, absent record', 'GET', '/ID'), pair('hidden version, absent version', 'GET', '/ID/_history/1'), pair('history of a hidden record, of an absent one', 'GET', '/ID/_history'),
    pair('update of a hidden record, of an absent one', 'PUT', '/ID'), pair('deletion of a hidden record, of an absent one', 'DELETE', '/ID'), pair('search for a hidden record, for an absent one', 'GET', '?_id=ID'),
    { ...audited, before: () => { Object.assign(service, { audit }); }, after: () => { Object.assign(service, { audit: undefined }); } },
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
        pair.before?.();
        const found = welch(...(await sample(pair, times)));
        say(`${pair.name}: ${found.means}, t = ${found.t.toFixed(2)}`);
        if (Math.abs(found.t) >= limit) {
          // A machine that is busy with something else may favour one of the two for a while; a difference that is there is there again, with the same sign.
          const again = welch(...(await sample(pair, 2 * times)));
          say(`${pair.name}, once more: ${again.means}, t = ${again.t.toFixed(2)}`);
          if (Math.abs(again.t) >= limit && Math.sign(again.t) === Math.sign(found.t)) faults.push(`${pair.name} differ: ${again.means}, t = ${again.t.toFixed(2)} after ${found.t.toFixed(2)}`);
        }
        pair.after?.();
      }
      if (faults.length > 0) throw new Error(faults.join('; '));
    } finally {
      await clinic.stop();
    }
  },
};
