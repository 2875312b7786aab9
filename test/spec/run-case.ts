/** Runs one case against a server. */
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Agent } from 'node:http';
import { call, type Answer } from '../support/http.js';
import type { Case, Expectation, Step } from './case.js';
import { answerFaults } from './check-answer.js';
import { fill, fillText, type Variables } from './variables.js';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Ends the kept connections. */
export const closeConnections = (): void => agent.destroy();

export interface Target {
  readonly origin: string;
  readonly base: string;
}

const toExpectation = (expect: Step['expect']): Expectation => {
  if (expect === undefined) return {};
  if (typeof expect === 'object') return expect;
  const [status, issue] = String(expect).split(' ');
  return { status: Number(status), ...(issue === undefined ? {} : { issue }) };
};

const bodyOf = (step: Step): string | undefined => {
  if (step.blow !== undefined) return step.blow.before + step.blow.text.repeat(step.blow.times) + step.blow.after;
  if (step.text !== undefined) return step.text;
  return step.body === undefined ? undefined : JSON.stringify(step.body);
};

const headersOf = (step: Step, method: string): Record<string, string> => {
  const given = step.headers ?? {};
  const named = (name: string): boolean => Object.keys(given).some((key) => key.toLowerCase() === name);
  const type = method === 'PATCH' ? 'application/json-patch+json' : 'application/fhir+json';
  const headers = {
    ...(bodyOf(step) === undefined || named('content-type') ? {} : { 'Content-Type': type }),
    ...(step.gzip === true ? { 'Content-Encoding': 'gzip' } : {}),
    ...given,
  };
  // An empty value takes a default header away.
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
};

const send = (step: Step, { origin, base }: Target): Promise<Answer> => {
  const [method = 'GET', ...rest] = (step.request ?? '').split(' ');
  const path = rest.join(' ');
  const url = path.startsWith('http') ? path : path.startsWith('~') ? `${origin}${path.slice(1)}` : `${base}${path}`;
  const body = bodyOf(step);
  return call({ method, url, headers: headersOf(step, method), body: step.gzip === true && body !== undefined ? gzipSync(body) : body, agent });
};

const valueAt = (answer: Answer, place: string): unknown => {
  const [source = '', ...path] = place.split('.');
  if (source === 'header') return answer.headers[path.join('.').toLowerCase()];
  if (source === 'text') return answer.text;
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], JSON.parse(answer.text));
};

const saveFrom = (answer: Answer, save: Readonly<Record<string, string>>, variables: Variables): void => {
  for (const [name, source] of Object.entries(save)) {
    const [place = '', regex] = source.split(' ~ ');
    const value = valueAt(answer, place.trim());
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const found = regex === undefined ? text : new RegExp(regex).exec(text ?? '')?.[1];
    if (found === undefined) throw new Error(`nothing to save as ${name} from ${source}: ${answer.text.slice(0, 400)}`);
    variables.set(name, found);
  }
};

const counted = (answers: readonly Answer[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

const checkCounts = (expected: Expectation, answers: readonly Answer[], at: string): void => {
  if (expected.statuses === undefined) return;
  const [wanted, found] = [expected.statuses, counted(answers)].map((counts) => JSON.stringify(Object.fromEntries(Object.entries(counts ?? {}).sort())));
  if (wanted !== found) throw new Error(`${at}: expected statuses ${wanted}, found ${found}: ${answers.find(({ status }) => status >= 400)?.text.slice(0, 300) ?? ''}`);
};

const checkAll = (step: Step, answers: readonly Answer[], at: string): void => {
  const expected = toExpectation(step.expect);
  const method = (step.request ?? '').split(' ')[0] ?? '';
  const faults = answers.flatMap((answer) => answerFaults(expected, answer, method));
  if (faults.length > 0) throw new Error(`${at}:\n  ${[...new Set(faults)].slice(0, 12).join('\n  ')}`);
  checkCounts(expected, answers, at);
};

const filled = (step: Step, variables: Variables, n: number): Step => fill(step, new Map([...variables, ['n', String(n)]])) as Step;

const runTogether = async (steps: readonly Step[], target: Target): Promise<readonly Answer[]> => Promise.all(steps.map((step) => send(step, target)));

const runRepeated = async (step: Step, variables: Variables, target: Target): Promise<readonly Answer[]> => {
  const answers: Answer[] = [];
  for (let n = 0; n < (step.repeat ?? 1); n += 1) answers.push(await send(filled(step, variables, n), target));
  return answers;
};

const runStep = async (step: Step, { variables, target, at }: { variables: Variables; target: Target; at: string }): Promise<void> => {
  if (step.wait !== undefined) return new Promise((resolve) => setTimeout(resolve, step.wait));
  const place = `${at} ${fillText(step.request?.slice(0, 120) ?? '', new Map([...variables, ['n', '0']]))}`;
  if (step.together !== undefined) {
    const parts = step.together.map((inner) => filled(inner, variables, 0));
    const answers = await runTogether(parts, target);
    for (const [index, part] of parts.entries()) if (part.expect !== undefined) checkAll(part, answers.slice(index, index + 1), `${place} [${index}]`);
    return checkCounts(toExpectation(filled({ expect: step.expect ?? {} }, variables, 0).expect), answers, place);
  }
  const answers = step.times === undefined
    ? await runRepeated(step, variables, target)
    : await runTogether(Array.from({ length: step.times }, (_, n) => filled(step, variables, n)), target);
  checkAll(filled(step, variables, 0), answers, place);
  const last = answers.at(-1);
  if (step.save !== undefined && last !== undefined) saveFrom(last, step.save, variables);
};

/** Resolves when every step went as expected; rejects naming the step and all that differs. */
export const runCase = async ({ setup = [], steps }: Case, target: Target): Promise<void> => {
  const variables: Variables = new Map([['uid', `t${randomUUID().slice(0, 13)}`], ['uuid', randomUUID()], ['base', target.base], ['origin', target.origin]]);
  for (const [index, step] of setup.entries()) await runStep(step, { variables, target, at: `setup ${index + 1}` });
  for (const [index, step] of steps.entries()) await runStep(step, { variables, target, at: `step ${index + 1}` });
};
