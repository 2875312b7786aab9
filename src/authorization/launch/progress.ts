/** What is known of an authorization between its pages; kept by the server, so that no page can say otherwise. */
import type { LaunchContext } from '../grant/context.js';

/** How far one authorization has come. */
export interface Progress {
  /** Account that gave its password and owes the second step. */
  readonly half?: string | undefined;
  readonly context: LaunchContext;
  /** Whether the launch handle was taken. */
  readonly launched: boolean;
  /** Patients that were offered: no other one can be chosen. */
  readonly offered: readonly string[];
  readonly encounters: readonly string[];
  /** Whether the encounter was asked for. */
  readonly askedEncounter: boolean;
}
