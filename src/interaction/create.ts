/** create and conditional create, https://hl7.org/fhir/R4/http.html#create */
import { applyChange, writeOf, type Change } from './change.js';
import { typeOf, type Context, type Interaction } from './context.js';
import { readIncoming, type Incoming } from './incoming.js';
import { matchNow, onlyMatch, parseCriteriaText, type Criteria } from './match.js';
import { checkReferences } from './reference.js';

/** Returns 201 with the new resource, or 200 with the one that If-None-Exist matched; throws `multiple-matches`. */
export const create: Interaction = async (context) => {
  const type = typeOf(context);
  const incoming = await readIncoming(context, type);
  const { ifNoneExist } = context.request.conditions;
  const criteria = ifNoneExist === undefined ? undefined : parseCriteriaText(context, type, ifNoneExist);
  const id = context.service.ids.resource();
  return applyChange(context, criteria?.claim, () => decideCreate(context, { incoming, criteria, id }));
};

export interface CreateWish {
  readonly incoming: Incoming;
  readonly criteria: Criteria | undefined;
  readonly id: string;
}

/** Returns what a create does on what is current. */
export const decideCreate = async (context: Context, { incoming, criteria, id }: CreateWish): Promise<Change> => {
  const references = await checkReferences(context, incoming);
  const make = { write: await writeOf(context, incoming, { id, base: 0, method: 'POST' }), status: 201, issues: [...incoming.issues, ...references.issues] };
  if (criteria === undefined) return { ...make, guards: references.guards };
  const matches = await matchNow(context, criteria);
  const found = onlyMatch(matches, criteria);
  if (found !== undefined) return { found, guards: [matches.guard], status: 200, issues: [] };
  return { ...make, guards: [matches.guard, ...references.guards] };
};
