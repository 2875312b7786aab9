/** `/healthz`, `/readyz` and `/metrics`: for the operator's machines, without health data. */
import { FhirError } from '../core/error.js';
import type { Exchange, Host, Readiness } from './exchange.js';
import { send } from './send.js';

type Page = (host: Host, exchange: Exchange) => Promise<void>;

/** How long an answer of the readiness check may take and how long it is used again, in milliseconds. */
const patience = 2_000;
const reuse = 500;

const json = 'application/json; charset=utf-8';

/** The process answers. */
const health: Page = async (host, exchange) => send(host, exchange, { status: 200, body: '{"status":"up"}', contentType: json });

const metrics: Page = async (host, exchange) => {
  const { text, contentType } = await host.metrics();
  return send(host, exchange, { status: 200, body: text, contentType });
};

const withPatience = async (check: Promise<Readiness>): Promise<Readiness> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Readiness>((resolve) => { timer = setTimeout(() => resolve({ ready: false, reason: 'the check did not end in time' }), patience); });
  return Promise.race([check, late]).finally(() => clearTimeout(timer));
};

/** Probes come often and a check may write: within half a second the last answer stands. */
const makeReadyPage = (): Page => {
  let last: { readonly at: number; readonly result: Promise<Readiness> } | undefined;
  return async (host, exchange) => {
    if (host.connections.stopping) throw new FhirError('shutting-down', 'The server is stopping.', { retryAfter: 1 });
    const now = host.service.clock.monotonic();
    if (last === undefined || now - last.at > reuse) last = { at: now, result: withPatience(host.readiness()) };
    const { ready, reason } = await last.result;
    if (!ready) throw new FhirError('store-unavailable', 'The server cannot do its work now.', { retryAfter: 1, detail: reason });
    return send(host, exchange, { status: 200, body: '{"status":"ready"}', contentType: json });
  };
};

/** Returns the pages by path. */
export const makePages = (): ReadonlyMap<string, Page> => new Map([['/healthz', health], ['/readyz', makeReadyPage()], ['/metrics', metrics]]);

/** Where they are. */
export const pagePaths: ReadonlySet<string> = new Set(makePages().keys());
