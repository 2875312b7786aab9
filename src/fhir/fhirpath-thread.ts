/** The other side of fhirpath-worker.ts: evaluates what it is sent, one expression after the other. */
import { parentPort } from 'node:worker_threads';
import { evaluateCondition, evaluatePlaces, type PlacedValue } from './fhirpath.js';

export interface PathTask {
  readonly expression: string;
  /** JSON text of the resource. */
  readonly text: string;
}

/** A condition on an element. */
export interface Condition {
  readonly expression: string;
  /** Where `%resource` and the element stand in what is sent: names and indexes of JSON. A primitive has no place of its own. */
  readonly resource: readonly (string | number)[];
  readonly element: readonly (string | number)[] | { readonly primitive: unknown };
  /** Type of the element: `HumanName`, `Patient.contact`. */
  readonly type: string;
}

export interface ConditionTask {
  /** JSON texts of resources, each with the conditions on it. */
  readonly groups: readonly { readonly text: string; readonly conditions: readonly Condition[] }[];
}

/** `empty`: the expression gives nothing, neither true nor false. */
export type Verdict = 'met' | 'broken' | 'empty' | { readonly unknown: string };

export type PathAnswer = { readonly found: readonly PlacedValue[] } | { readonly failure: string };
/** Verdicts come one by one, so that those that came in time count. */
export type ThreadMessage = 'ready' | 'judged' | { readonly verdict: Verdict } | PathAnswer;

/** More results than this are of no use to anybody. */
const most = 10_000;

const reasonOf = (error: unknown): string => (error instanceof Error ? (error.message.split('\n', 1)[0] ?? '').slice(0, 150) : 'it cannot be evaluated');

const answer = ({ expression, text }: PathTask): PathAnswer => {
  try {
    const found = evaluatePlaces(expression)(JSON.parse(text) as Record<string, unknown>);
    return found.length > most ? { failure: `it finds more than ${String(most)} values` } : { found };
  } catch (error) {
    return { failure: reasonOf(error) };
  }
};

const valueAt = (value: unknown, steps: readonly (string | number)[]): unknown =>
  steps.reduce<unknown>((at, step) => (typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[step] : undefined), value);

const judge = (root: Readonly<Record<string, unknown>>, { expression, type, resource, element }: Condition): Verdict => {
  try {
    const value = 'primitive' in element ? element.primitive : valueAt(root, element);
    const met = evaluateCondition({ expression, type })(value, { root, resource: valueAt(root, resource) as Record<string, unknown> });
    return met === undefined ? 'empty' : met ? 'met' : 'broken';
  } catch (error) {
    return { unknown: reasonOf(error) };
  }
};

function* judged({ groups }: ConditionTask): Generator<Verdict> {
  for (const { text, conditions } of groups) {
    const root = JSON.parse(text) as Record<string, unknown>;
    for (const condition of conditions) yield judge(root, condition);
  }
}

const port = parentPort;
if (port !== null) {
  const send = (message: ThreadMessage): void => { port.postMessage(message); };
  // Loads the library before the first task, whose time is counted.
  answer({ expression: 'Patient.id', text: '{"resourceType":"Patient","id":"a"}' });
  port.on('message', (task: PathTask | ConditionTask) => {
    if ('groups' in task) {
      for (const verdict of judged(task)) send({ verdict });
      send('judged');
      return;
    }
    const result = answer(task);
    try {
      send(result);
    } catch {
      send({ failure: 'its result is no plain value' });
    }
  });
  send('ready');
}
