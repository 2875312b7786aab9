/** One question to another terminology server over HTTP, within bounds of time and size. */

export interface Remote {
  /** Base of its FHIR endpoint, without trailing slash. */
  readonly baseUrl: string;
  readonly timeoutMs: number;
}

/** The server gave no answer that can be used; the message says why. */
export class ServerSilent extends Error {}

const mostBytes = 32 * 1024 * 1024;
const mostRedirects = 3;
/** Questions at once to one server; further ones wait. */
const mostAtOnce = 16;
const waiting: (() => void)[] = [];
let running = 0;

const enter = async (): Promise<void> => {
  if (running < mostAtOnce) running += 1;
  else await new Promise<void>((resolve) => { waiting.push(resolve); });
};
/** Whoever waits takes the place over. */
const leave = (): void => {
  const next = waiting.shift();
  if (next === undefined) running -= 1;
  else next();
};

/** Returns the resource that the server answers a POST of `body` with; throws ServerSilent for anything else. */
export const askServer = async (remote: Remote, path: string, body: unknown): Promise<unknown> => {
  await enter();
  const signal = AbortSignal.timeout(remote.timeoutMs);
  try {
    return await post({ url: new URL(`${remote.baseUrl}/${path}`), body: JSON.stringify(body), signal });
  } catch (error) {
    if (error instanceof ServerSilent) throw error;
    throw new ServerSilent(signal.aborted ? `it took more than ${String(remote.timeoutMs / 1000)} s` : reasonOf(error), { cause: error });
  } finally {
    leave();
  }
};

const reasonOf = (error: unknown): string => (error instanceof SyntaxError ? 'its answer is not JSON' : 'it cannot be reached');

interface Post {
  readonly url: URL;
  readonly body: string;
  readonly signal: AbortSignal;
}

const post = async ({ url: first, body, signal }: Post): Promise<unknown> => {
  let url = first;
  for (let hop = 0; hop <= mostRedirects; hop += 1) {
    const response = await fetch(url, { method: 'POST', body, signal, redirect: 'manual', headers: { 'Content-Type': 'application/fhir+json', 'Accept': 'application/fhir+json' } });
    const to = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || to === null) return read(response);
    await response.body?.cancel();
    const next = new URL(to, url);
    // What is asked here stays between this server and the one its operator named.
    if (next.origin !== url.origin) throw new ServerSilent(`it refers to another server, ${next.host}, which is not followed`);
    url = next;
  }
  throw new ServerSilent('it refers on and on');
};

const read = async (response: Response): Promise<unknown> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    size += bytes.length;
    if (size > mostBytes) throw new ServerSilent('its answer is too large');
    chunks.push(bytes);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (!response.ok) throw new ServerSilent(`it answered ${String(response.status)}${diagnosticsIn(text)}`);
  return JSON.parse(text) as unknown;
};

/** What an OperationOutcome says, in short. */
const diagnosticsIn = (text: string): string => {
  try {
    const { issue = [] } = JSON.parse(text) as { issue?: { diagnostics?: unknown; details?: { text?: unknown } }[] };
    const said = issue.map(({ diagnostics, details }) => details?.text ?? diagnostics).find((one) => typeof one === 'string');
    return said === undefined ? '' : `: ${String(said).slice(0, 200)}`;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return '';
    throw error;
  }
};
