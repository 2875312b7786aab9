/**
 * What the record says about whoever makes a request, as of that request: the change feed is followed first, so that a relation
 * ended by any process has ended for the very next one (design rule 10).
 */
import { policyRules, rulesOf, type AccessRules, type WorkRole } from '../access/rules.js';
import type { Reach } from '../access/standing.js';
import { tokenViewer, worksHere, type TokenGrant, type TokenViewer, type Viewer } from '../access/viewer.js';
import type { ConsentsByPatient } from '../access/consent/withhold.js';
import { followFeed } from './standing/feed.js';
import { makePeople, type PeopleParts } from './standing/people.js';
import { makeWithholdingMemory, type WithholdingParts } from './standing/withholding.js';
import type { Store } from '../store/store.js';

export interface Standings {
  /** Types whose resources make someone's patients theirs. */
  readonly relationTypes: ReadonlySet<string>;
  /** What each relation says, in words, by the name of its rule. */
  readonly words: ReadonlyMap<string, string>;
  /** Resolves with the viewer that a token would be, and what the record would say of it with these Consents beside those that are stored. */
  wouldBe(grant: TokenGrant, more?: ConsentsByPatient): Promise<TokenViewer>;
  /** Resolves with the viewer as the record sees it now; whoever has no token is left as they are. The same object as long as nothing is different. */
  viewerOf(viewer: Viewer): Promise<Viewer>;
}

export type StandingParts = PeopleParts & WithholdingParts & { readonly store: Pick<Store, 'read' | 'search' | 'changes' | 'history'> };

const lentWords = [{ name: 'consent', words: 'is permitted by name in a Consent of the patient' }, { name: 'break-glass', words: 'has opened the record in an emergency' }];

/** A token of another server does not say as what its user works here. */
const roleOf = ({ role, fhirUser = '' }: TokenGrant): WorkRole => role ?? (fhirUser.startsWith('Person/') ? 'staff' : 'practitioner');

/** Returns what finds it by these rules. */
export const makeStandings = (parts: () => StandingParts, rules: AccessRules): Standings => {
  const people = makePeople(parts);
  const withholding = makeWithholdingMemory(parts);
  const catchUp = followFeed(() => parts().store, [people, ...withholding.followers]);
  const viewers = new WeakMap<TokenViewer, TokenViewer>();

  const byRole = { practitioner: rulesOf(rules, 'practitioner'), staff: rulesOf(rules, 'staff'), admin: rulesOf(rules, 'admin') };
  const byPolicy = policyRules(rules);
  const reachOf = async (grant: TokenGrant): Promise<Reach> => {
    const { fhirUser, policy } = grant;
    if (policy !== undefined) return people.reachOf(policy, byPolicy);
    if (fhirUser === undefined || !worksHere(grant)) return 'token';
    const own = byRole[roleOf(grant)];
    return own === 'all' ? 'all' : people.reachOf(fhirUser, own);
  };

  return {
    relationTypes: new Set(rules.relations.map(({ type }) => type)),
    words: new Map([...rules.relations, ...byPolicy.relations, ...lentWords].map(({ name, words }) => [name, words])),
    wouldBe: async (grant, more) => {
      await catchUp();
      const viewer = tokenViewer(grant);
      return { ...viewer, standing: await withholding.standingOf(viewer, await reachOf(grant), more ?? new Map()) };
    },
    viewerOf: async (viewer) => {
      if (viewer.kind !== 'token') return viewer;
      await catchUp();
      const standing = await withholding.standingOf(viewer, await reachOf(viewer.grant));
      if (viewer.standing === standing) return viewer;
      const before = viewers.get(viewer);
      if (before?.standing === standing) return before;
      const seen = { ...viewer, standing };
      viewers.set(viewer, seen);
      return seen;
    },
  };
};
