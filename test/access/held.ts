/** Which cases of the security design the tests of a run have held on an engine, read from the names of those that passed. */
import { heldIds } from './page.js';

/** How the name of a test says that it ran on an engine. */
const saysEngine = { sqlite: /\bsqlite\b/i, mongo: /\bmongo(db)?\b/i } as const;

export type HeldOn = keyof typeof saysEngine;

const caseId = /\b(?:[BCDEI]\d{1,2}|F-\d{1,2})\b/g;

/** Returns the ids of which no test that passed on this engine has the name; `passed` are full names of tests, their descriptions first. */
export const unheldOn = (engine: HeldOn, passed: readonly string[]): string[] => {
  const held = new Set(passed.filter((name) => saysEngine[engine].test(name)).flatMap((name) => name.match(caseId) ?? []));
  return heldIds().filter((id) => !held.has(id));
};
