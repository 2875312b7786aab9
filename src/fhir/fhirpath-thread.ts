/** The other side of fhirpath-worker.ts: evaluates what it is sent, one expression after the other. */
import { parentPort } from 'node:worker_threads';
import { evaluatePlaces, type PlacedValue } from './fhirpath.js';

export interface PathTask {
  readonly expression: string;
  /** JSON text of the resource. */
  readonly text: string;
}

export type PathAnswer = { readonly found: readonly PlacedValue[] } | { readonly failure: string };

/** More results than this are of no use to anybody. */
const most = 10_000;

const answer = ({ expression, text }: PathTask): PathAnswer => {
  try {
    const found = evaluatePlaces(expression)(JSON.parse(text) as Record<string, unknown>);
    return found.length > most ? { failure: `it finds more than ${String(most)} values` } : { found };
  } catch (error) {
    return { failure: error instanceof Error ? error.message.slice(0, 200) : 'it cannot be evaluated' };
  }
};

const port = parentPort;
if (port !== null) {
  // Loads the library before the first task, whose time is counted.
  answer({ expression: 'Patient.id', text: '{"resourceType":"Patient","id":"a"}' });
  port.on('message', (task: PathTask) => {
    const result = answer(task);
    try {
      port.postMessage(result);
    } catch {
      port.postMessage({ failure: 'its result is no plain value' } satisfies PathAnswer);
    }
  });
  port.postMessage('ready');
}
