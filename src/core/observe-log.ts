/**
 * Observations as JSON lines, by pino. What may be logged is an allow-list of fields: types, codes, counts, durations and
 * our own random request ids. An error of a library can quote what it was working on, so of errors only the kind, the
 * machine-readable code, our own detail and the places in the code are kept.
 */
import { pino, type DestinationStream, type Logger } from 'pino';
import { FhirError } from './error.js';
import type { Observation, Observe } from './observe.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LogOptions {
  readonly level: LogLevel;
  /** Where lines go; standard output, written in batches, when absent. */
  readonly destination?: DestinationStream | undefined;
}

export interface Log {
  readonly observe: Observe;
  /** Writes what is still held back; call it before the process ends. */
  flush(): void;
}

/** Returns a logger of observations. */
export const makeLog = ({ level, destination }: LogOptions): Log => {
  const stream = destination ?? pino.destination({ dest: 1, sync: false, minLength: 4_096, periodicFlush: 200 });
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, stream);
  return { observe: (observation) => write(logger, observation), flush: () => flushStream(stream) };
};

const flushStream = (stream: DestinationStream): void => {
  if (!('flushSync' in stream) || typeof stream.flushSync !== 'function') return;
  try {
    (stream as { flushSync(): void }).flushSync();
  } catch (error) {
    // Before the first line the descriptor is not open yet, and then there is nothing to flush.
    if (!(error instanceof Error && error.message.includes('not ready'))) throw error;
  }
};

const write = (logger: Logger, observation: Observation): void => {
  switch (observation.kind) {
    case 'request': return writeRequest(logger, observation);
    case 'failure': {
      const { requestId, where, error } = observation;
      return logger.error({ requestId, where, error: describeError(error) }, 'failure');
    }
    case 'commit': {
      const { writes, ms } = observation;
      return logger.debug({ writes, ms: round(ms) }, 'commit');
    }
    case 'job': {
      const { name, state, done, total } = observation;
      return logger[state === 'failed' ? 'error' : state === 'progress' ? 'debug' : 'info']({ name, state, done, total }, 'job');
    }
    case 'started': return logger.info({ address: observation.address, ms: round(observation.ms) }, 'started');
    case 'stopping': return logger.info({ signal: observation.signal }, 'stopping');
    case 'stopped': return logger.info({ ms: round(observation.ms) }, 'stopped');
    case 'notice': return logger[observation.level](observation.message);
  }
};

const round = (ms: number): number => Math.round(ms * 100) / 100;

const writeRequest = (logger: Logger, { requestId, method, interaction, type, status, ms, code }: Observation & { kind: 'request' }): void => {
  logger.info({ requestId, method, interaction, type, status, ms: round(ms), code }, 'request');
};

export interface ErrorDescription {
  readonly name: string;
  /** Of our table, the system or the engine: `internal`, `ENOSPC`, `SQLITE_FULL`. */
  readonly code?: string | undefined;
  /** What our own code said for the log. */
  readonly detail?: string | undefined;
  /** Places in the code, without the message before them. */
  readonly at: readonly string[];
  readonly cause?: ErrorDescription | undefined;
}

const codeForm = /^[A-Za-z][A-Za-z0-9_-]{0,60}$/;
const framePlaces = /^\s+at .*/gm;
const deepest = 5;

/** Returns what may be logged of an error: never its message. */
export const describeError = (error: unknown, depth = 0): ErrorDescription => {
  if (!(error instanceof Error)) return { name: `thrown ${typeof error}`, at: [] };
  const code = 'code' in error && typeof error.code === 'string' && codeForm.test(error.code) ? error.code : undefined;
  return {
    name: codeForm.test(error.name) ? error.name : 'Error',
    code,
    detail: error instanceof FhirError ? error.options.detail : undefined,
    at: framesOf(error).slice(0, 12),
    cause: error.cause === undefined || depth >= deepest ? undefined : describeError(error.cause, depth + 1),
  };
};

/** A message of several lines could look like a frame: what stands before the first frame of the head is cut off first. */
const framesOf = ({ stack = '', message }: Error): string[] => {
  const start = message === '' ? 0 : stack.indexOf(message);
  const tail = start < 0 ? '' : stack.slice(start + message.length);
  return (tail.match(framePlaces) ?? []).map((line) => line.trim());
};
