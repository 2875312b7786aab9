/** What a command is: one record per file under `command/`. The dispatcher (`run.ts`) is a map over them. */
import type { SystemViewer } from '../access/viewer.js';
import type { Journal } from '../audit/journal.js';
import type { Moving } from '../bulk/migrate/side.js';
import type { AuthorizationPart } from '../authorization/part.js';
import type { Service } from '../interaction/service.js';
import type { ExitName } from './exit-code.js';
import type { Given, OptionTable } from './options.js';

export interface Progress {
  /** What is counted: `resources`, `patients`. */
  readonly what: string;
  readonly done: number;
  /** Undefined when nobody knows. */
  readonly total?: number | undefined;
  /** How much of the work is done, 0 to 1, where that is known and the total is not. */
  readonly share?: number | undefined;
}

/** How a command ended, for people and, by `--json`, for programs. */
export interface Outcome {
  /** `ok` when absent. */
  readonly exit?: ExitName | undefined;
  /** Without the last line break; `''` prints nothing. */
  readonly text: string;
  readonly json: unknown;
}

/** One call of a command. */
export interface Call {
  readonly given: Given;
  /** Relative paths of the operator are meant from here: the command may run in another process than it was typed in. */
  readonly cwd: string;
  readonly report: (progress: Progress) => void;
  /** Writes to standard output; resolves when there is room for more. */
  readonly write: (text: string) => Promise<void>;
  /** A line for the operator, on standard error. */
  readonly say: (line: string) => void;
  /** Standard input, where the command runs in the process it was typed in; undefined in the serving process. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
  /** Aborted when the operator interrupts. */
  readonly signal: AbortSignal;
  /** All commands, for the help about them. */
  readonly commands: CommandTable;
  /** What came by standard input, for a command that takes a secret that way: words are seen by every user of the machine. */
  readonly secret?: string | undefined;
}

/** The open store of this process, for commands that need one. */
export interface Session {
  readonly service: Service;
  /** The server's operator; its reason names the command. */
  readonly viewer: SystemViewer;
  /** The authorization server, opened when it is first asked for. */
  readonly authorization: () => Promise<AuthorizationPart>;
  /** Hashes and checkpoints of the audit's journal, opened when first asked for. */
  readonly audit: () => Promise<Journal>;
  /** Reads the guides anew; returns how many there are. */
  readonly reloadGuides: () => Promise<number>;
  /** How all of it goes to another engine. */
  readonly moving: () => Moving;
  /** Whether this process answers requests. */
  readonly isServing: boolean;
}

interface CommandHead {
  readonly name: string;
  /** One sentence for the list of commands. */
  readonly summary: string;
  /** Arguments as they are written after the name: `FILE|DIR|GLOB...`; `''` takes none. */
  readonly usage: string;
  /** More for `--help`: what it does, what it prints. */
  readonly about?: string | undefined;
  readonly options: OptionTable;
}

/** Runs in the process it was typed in, without a store. Throws a CommandError for what the operator can mend. */
export interface PlainCommand extends CommandHead {
  readonly needs: 'nothing';
  readonly run: (call: Call) => Promise<Outcome>;
}

/**
 * Runs where the store is open: in the serving process, reached through its control socket, or else in this one. The same
 * words are parsed again there, so it must not depend on anything but the call, the session and the disk.
 */
export interface StoreCommand extends CommandHead {
  readonly needs: 'store';
  /** Tried first, in the process it was typed in: checks words, and does what needs no store. An outcome ends the command. */
  readonly before?: ((call: Call) => Promise<Outcome | undefined>) | undefined;
  /** Whether this call takes a secret by standard input. */
  readonly takesSecret?: ((call: Call) => boolean) | undefined;
  /** The store it is for, where that need not be STORE_URL; undefined: that one. It is opened even when it must not be served. */
  readonly storeUrl?: ((call: Call) => string | undefined) | undefined;
  readonly run: (call: Call, session: Session) => Promise<Outcome>;
}

export type Command = PlainCommand | StoreCommand;

/** Loads a command's file when it is called for, so that no command pays for the others. */
export type CommandTable = Readonly<Record<string, () => Promise<Command>>>;
