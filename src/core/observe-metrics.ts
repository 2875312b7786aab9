/**
 * Observations as Prometheus metrics, by prom-client. Labels have few values by construction: the interaction, a known
 * method, the class of the status; never a type, an id or anything a client made up.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Observation, Observe } from './observe.js';

export interface Metrics {
  readonly observe: Observe;
  /** The text exposition format and its media type. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Ends the measuring of the event loop. */
  close(): void;
}

export interface MetricsOptions {
  /** Metrics of the process: memory, CPU, file descriptors, garbage collection. */
  readonly process?: boolean | undefined;
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const sizes = [1, 2, 4, 8, 16, 32, 64, 128, 512, 4_096];

/** Returns metrics in a registry of their own. */
export const makeMetrics = ({ process: processMetrics = true }: MetricsOptions = {}): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const handlers = { ...requestHandlers(registers), ...workHandlers(registers) };
  const loop = measureLoop(registers);
  return {
    observe: (observation) => { handlers[observation.kind]?.(observation as never); },
    render: async () => {
      loop.take();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    close: () => loop.stop(),
  };
};

type Kind = Observation['kind'];
type Handlers = { [kind in Kind]?: (observation: Extract<Observation, { kind: kind }>) => void };

const requestHandlers = (registers: Registry[]): Handlers => {
  const duration = new Histogram({
    name: 'fhir_request_duration_seconds', help: 'Time from the request head to the end of the answer.',
    labelNames: ['interaction', 'method', 'status'], buckets: seconds, registers,
  });
  const errors = new Counter({ name: 'fhir_errors_total', help: 'Answers with an error, by its stable code.', labelNames: ['code'], registers });
  // Looking a label set up by its text is most of the cost of an observation.
  const known = new Map<string, Map<string, Histogram.Internal<string>[]>>();
  const seriesOf = (interaction: string, method: string, status: number): Histogram.Internal<string> => {
    const byMethod = known.get(interaction) ?? new Map<string, Histogram.Internal<string>[]>();
    const byStatus = byMethod.get(method) ?? [];
    const found = byStatus[status];
    if (found !== undefined) return found;
    known.set(interaction, byMethod.set(method, byStatus));
    return (byStatus[status] = duration.labels({ interaction, method, status: `${String(status)}xx` }));
  };
  return {
    request: ({ interaction, method, status, ms, code }) => {
      seriesOf(interaction, methods.has(method) ? method : 'other', Math.floor(status / 100)).observe(ms / 1000);
      if (code !== undefined) errors.inc({ code });
    },
  };
};

const workHandlers = (registers: Registry[]): Handlers => {
  const failures = new Counter({ name: 'fhir_failures_total', help: 'Failures of the server itself; each is in the log.', registers });
  const commits = new Histogram({ name: 'fhir_commit_duration_seconds', help: 'Time of a durable commit.', buckets: seconds, registers });
  const writes = new Histogram({ name: 'fhir_commit_writes', help: 'Versions stored by one commit.', buckets: sizes, registers });
  return {
    failure: () => failures.inc(),
    commit: (commit) => {
      commits.observe(commit.ms / 1000);
      writes.observe(commit.writes);
    },
  };
};

/** Delay of the event loop since the last scrape. */
const measureLoop = (registers: Registry[]): { take(): void; stop(): void } => {
  const delay = new Gauge({ name: 'fhir_event_loop_delay_seconds', help: 'Delay of the event loop since the last scrape.', labelNames: ['quantile'], registers });
  const resolution = 10;
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  // The histogram holds the time between two ticks of its timer; what is above the resolution is delay.
  const toDelay = (nanoseconds: number): number => (Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - resolution / 1e3) : 0);
  const take = (): void => {
    const empty = histogram.count === 0;
    delay.set({ quantile: '0.5' }, empty ? 0 : toDelay(histogram.percentile(50)));
    delay.set({ quantile: '0.99' }, empty ? 0 : toDelay(histogram.percentile(99)));
    delay.set({ quantile: '1' }, empty ? 0 : toDelay(histogram.max));
    histogram.reset();
  };
  return { take, stop: () => histogram.disable() };
};
