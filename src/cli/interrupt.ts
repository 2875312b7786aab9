/** Turns signals and failures nobody caught into one AbortSignal: the running command ends itself, in order. */
import { exitCodes, Crash } from './exit-code.js';

/** The reason when the operator wishes the end; the message names the signal. */
export class Interrupt extends Error {}

/** A terminal's Ctrl-C reaches the process twice when npm passes it on: within this many milliseconds it is one wish. */
const sameWish = 300;
/** How long a program that has failed may try to end in order, in milliseconds. */
const lastTry = 15_000;

/** Returns the signal. A second wish ends the process at once. */
export const watchProcess = (say: (line: string) => void): AbortSignal => {
  const controller = new AbortController();
  let wished = Number.POSITIVE_INFINITY;
  const onSignal = (name: NodeJS.Signals): void => {
    if (performance.now() - wished > sameWish) process.exit(exitCodes.interrupted.code);
    wished = Math.min(wished, performance.now());
    controller.abort(new Interrupt(name));
  };
  const onCrash = (error: unknown): void => {
    if (controller.signal.reason instanceof Crash) return;
    controller.abort(new Crash(error instanceof Error ? error.message : 'Something that is no error was thrown.', { cause: error }));
    setTimeout(() => {
      say('The program failed and could not end in order.');
      process.exit(exitCodes.failed.code);
    }, lastTry).unref();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  process.on('uncaughtException', onCrash).on('unhandledRejection', onCrash);
  // Who reads the output may leave: `concierge export ... | head`.
  process.stdout.on('error', () => controller.abort(new Interrupt('EPIPE')));
  process.stderr.on('error', () => undefined);
  return controller.signal;
};
