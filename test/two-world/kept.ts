/** Differences that were found once, shrunk: each world is asked them again in every run. */
import type { Case } from './run.js';

/** A value set that the token cannot read decided what was found. */
const privateValueSet: Case = {
  seed: 2_079_928_144, token: 'patient/Observation.cud patient/Patient.read patient/Condition.*', variant: 'removed', audit: false,
  wishes: [{ method: 'HEAD', path: '/Condition?_count=2&encounter.class=AMB&code:in=http://codes.example/private' }, { method: 'GET', path: '/Condition?code:in=ValueSet/VS' }, { method: 'GET', path: '/metadata?mode=terminology' }],
};

/** All of one type was taken for all of them. */
const systemHistory: Case = { seed: 17, token: 'system/Observation.cruds system/Patient.r', variant: 'removed', audit: false, wishes: [{ method: 'GET', path: '/_history', follow: 3 }] };

/** What refers to a resource was told, hidden or not. */
const hiddenReferrer: readonly Case[] = Array.from({ length: 6 }, (_, at): Case => ({
  seed: 400 + at, token: 'patient/Observation.cud patient/Patient.read patient/Condition.*', variant: 'removed', audit: false,
  wishes: Array.from({ length: 5 }, (__, n) => ({ method: 'DELETE', path: `/Observation/observ-A-${String(n + 1)}`, headers: { prefer: 'return=OperationOutcome' } })),
}));

/** The length of a page token told how far the feed had come. */
const longToken: Case = { seed: 281, token: 'patient/*.rs', variant: 'mutated', audit: true, wishes: ['Condition/condit-A-1', 'Condition/condit-A-2', 'Observation/observ-A-1', 'Observation/observ-A-2'].map((of) => ({ method: 'GET', path: `/${of}/_history?_count=1`, follow: 3 })) };

export const keptCases: readonly Case[] = [privateValueSet, systemHistory, ...hiddenReferrer, longToken];
