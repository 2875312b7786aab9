/** Mixed writes by several clients, each acknowledged one written into the ledger. Ends when told or when the server is gone. */
import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { call, type Answer } from '../support/http.js';
import type { Ledger } from './ledger.js';
import { pause } from './scenario.js';

export interface LoadOptions {
  readonly base: string;
  readonly ledger: Ledger;
  readonly clients: number;
  /** Answers that are neither success nor what an injected fault explains are collected here. */
  readonly surprises: string[];
  /** Statuses a fault explains, 503 and 507 for example. */
  readonly excused?: ReadonlySet<number>;
  /** Told of each answer and of how many milliseconds it took. */
  readonly seen?: (answer: Answer, ms: number) => void;
  /** Of every request, as one that shows a token. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds a client waits when it was told to come back. */
  readonly restMs?: number;
}

export interface Load {
  /** Ends the load after what is under way. */
  stop(): Promise<void>;
  /** Answers that began and were cut short. */
  readonly cut: () => number;
  readonly done: () => number;
}

/** Resources of one transaction: a reader must find all of them or none. */
export const transactionSize = 5;

interface Client {
  /** Own resources with their version; nobody else writes them. */
  readonly own: { readonly id: string; version: number }[];
  readonly agent: Agent;
}

const observation = (mark: string, id?: string): string => JSON.stringify({
  resourceType: 'Observation', ...(id === undefined ? {} : { id }), status: 'final', code: { text: mark }, valueQuantity: { value: 1.5, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
  identifier: [{ system: 'urn:fault', value: mark }],
});

const json = { 'content-type': 'application/fhir+json' };

/** Starts the clients. */
export const startLoad = ({ base, ledger, clients, surprises, excused = new Set(), seen, headers: always = {}, restMs = 0 }: LoadOptions): Load => {
  let going = true;
  let cut = 0;
  let done = 0;
  const send = async (client: Client, method: string, url: string, { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {}): Promise<Answer | undefined> => {
    try {
      const begun = performance.now();
      const answer = await call({ method, url: `${base}${url}`, headers: { ...always, ...(body === undefined ? {} : json), ...headers }, body, agent: client.agent, patience: 30_000 });
      done += 1;
      seen?.(answer, performance.now() - begun);
      if (answer.status === 503 && restMs > 0) await pause(restMs);
      if (answer.status >= 400 && !excused.has(answer.status)) surprises.push(`${method} ${url.split('/')[1] ?? ''}: ${String(answer.status)} ${answer.text.slice(0, 300)}`);
      return answer;
    } catch (error) {
      // A connection that ends before any answer says nothing; one that ends within an answer is a broken promise.
      if (/cut short|bytes came/.test(String(error))) cut += 1;
      return undefined;
    }
  };
  const create = async (client: Client): Promise<void> => {
    const mark = randomUUID();
    const answer = await send(client, 'POST', '/Observation', { body: observation(mark) });
    if (answer?.status !== 201) return;
    const { id } = JSON.parse(answer.text) as { id: string };
    client.own.push({ id, version: 1 });
    ledger.acknowledge(`Observation/${id}`, { version: 1, mark });
  };
  const change = async (client: Client, how: 'PUT' | 'PATCH' | 'DELETE'): Promise<void> => {
    const resource = client.own[Math.floor(Math.random() * client.own.length)];
    if (resource === undefined) return create(client);
    const mark = randomUUID();
    const path = `/Observation/${resource.id}`;
    const answer = how === 'DELETE' ? await send(client, how, path)
      : how === 'PUT' ? await send(client, how, path, { body: observation(mark, resource.id), headers: { 'if-match': `W/"${String(resource.version)}"` } })
        : await send(client, how, path, { body: JSON.stringify([{ op: 'replace', path: '/code/text', value: mark }]), headers: { 'content-type': 'application/json-patch+json' } });
    if (answer === undefined || answer.status >= 300) return void client.own.splice(client.own.indexOf(resource), 1);
    resource.version += 1;
    ledger.acknowledge(`Observation/${resource.id}`, { version: resource.version, mark: how === 'DELETE' ? undefined : mark });
    if (how === 'DELETE') client.own.splice(client.own.indexOf(resource), 1);
  };
  const transact = async (client: Client): Promise<void> => {
    const mark = randomUUID();
    ledger.begin(mark);
    const entry = Array.from({ length: transactionSize }, () => ({ fullUrl: `urn:uuid:${randomUUID()}`, resource: { resourceType: 'Basic', code: { text: mark }, identifier: [{ system: 'urn:whole', value: mark }] }, request: { method: 'POST', url: 'Basic' } }));
    const answer = await send(client, 'POST', '', { body: JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }) });
    if (answer?.status === 200) ledger.acknowledgeWhole(mark);
    else if (answer?.text.includes('may or may not be stored') === false) ledger.refuse(mark);
  };
  const conditional = async (client: Client): Promise<void> => {
    const mark = randomUUID();
    const both = await Promise.all([1, 2].map(() => send(client, 'POST', '/Observation', { body: observation(mark), headers: { 'if-none-exist': `identifier=urn:fault|${mark}` } })));
    const ids = new Set(both.flatMap((answer) => (answer !== undefined && answer.status < 300 ? [(JSON.parse(answer.text) as { id: string }).id] : [])));
    if (ids.size > 1) surprises.push('a conditional create made two resources');
    for (const id of ids) ledger.acknowledge(`Observation/${id}`, { version: 1, mark });
  };
  const run = async (client: Client): Promise<void> => {
    while (going) {
      const chance = Math.random();
      if (chance < 0.4) await create(client);
      else if (chance < 0.6) await change(client, 'PUT');
      else if (chance < 0.7) await change(client, 'PATCH');
      else if (chance < 0.75) await change(client, 'DELETE');
      else if (chance < 0.9) await transact(client);
      else await conditional(client);
    }
    client.agent.destroy();
  };
  const running = Array.from({ length: clients }, () => run({ own: [], agent: new Agent({ keepAlive: true, maxSockets: 2 }) }));
  return {
    stop: async () => {
      going = false;
      await Promise.all(running);
    },
    cut: () => cut,
    done: () => done,
  };
};
