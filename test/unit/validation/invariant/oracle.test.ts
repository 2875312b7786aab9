/** The compiled constraints against the fhirpath library: both count the same elements as met and as broken. */
import { createRequire } from 'node:module';
import { expect, it } from '@jest/globals';
import type * as Library from 'fhirpath';
import { datatypes, invariantsOf, resourceTypes, type Invariant } from '../../../../src/fhir/definitions.js';
import type { Run } from '../../../../src/fhir/expression/call.js';
import { compileCondition } from '../../../../src/fhir/expression/compile.js';
import { nodeOfResource, PathNode } from '../../../../src/fhir/expression/node.js';
import { makeWalker } from '../../../../src/fhir/walk.js';
import { corrections } from '../../../../src/validation/invariant/corrections.js';
import { ruleOf } from '../../../../src/validation/invariant/rule.js';
import { describeWith, jsonOf } from '../../../fixture/shared-data.js';

const require = createRequire(import.meta.url);
const library = require('fhirpath') as typeof Library;
const model = require('fhirpath/fhir-context/r4') as Library.Model;

type JsonObject = Readonly<Record<string, unknown>>;

/** What the library cannot evaluate as published, or does otherwise, and why ours is right. */
const differing: Readonly<Record<string, string>> = {
  'eld-16': 'the pattern escapes what the flag u of JavaScript forbids to escape: the library throws',
  'ctm-1': 'resolve() is asynchronous in the library',
  'ras-1': 'the library cannot order a decimal and nothing',
  'eld-20': 'a lone bracket in the pattern, which the flag u of JavaScript forbids: the library throws',
  'sdf-19': 'the pattern escapes what the flag u of JavaScript forbids to escape: the library throws',
};
const isPublished = ({ key, path }: Invariant): boolean => corrections[key] === undefined && corrections[`${path} ${key}`] === undefined && differing[key] === undefined;

const runOn = (resource: JsonObject, context: PathNode): Run => {
  const root = nodeOfResource(resource);
  return { resource: root, root, context, index: 0, resolve: () => undefined };
};

interface Compared {
  readonly key: string;
  readonly base: string;
  readonly ours: (value: unknown, resource: JsonObject) => boolean | undefined;
  readonly theirs: (value: unknown, resource: JsonObject) => boolean | undefined;
}

const comparedOf = (invariant: Invariant): Compared => {
  const { key, path, expression } = invariant;
  const test = compileCondition(expression);
  const compiled = library.compile({ base: path, expression }, model, { traceFn: () => undefined, async: false }) as (value: unknown, variables: unknown) => unknown[];
  return {
    key, base: path,
    ours: (value, resource) => { const node = new PathNode(value, path); return test([node], runOn(resource, node)); },
    theirs: (value, resource) => { const [found] = compiled(value, { resource }); return found === undefined ? undefined : found === true; },
  };
};

it('every constraint of R4 compiles, and each correction is of one that exists', () => {
  const all = [...resourceTypes, ...datatypes, 'Resource', 'DomainResource'].flatMap((type) => invariantsOf(type));
  expect(new Set(all.map(({ expression }) => expression)).size).toBeGreaterThan(190);
  for (const invariant of all) ruleOf(invariant);
  const keys = new Set(all.flatMap(({ key, path }) => [key, `${path} ${key}`]));
  expect(Object.keys(corrections).filter((key) => !keys.has(key))).toEqual([]);
});

const files = jsonOf('r4-examples/hl7.fhir.r4.examples-4.0.1.tar.xz');

describeWith(files, 'compiled constraints', (all) => {
  it('agree with the fhirpath library on the examples', () => {
    const atRoot = new Map(resourceTypes.map((type) => [type, invariantsOf(type).filter((each) => each.path === type && isPublished(each)).map(comparedOf)]));
    const inTypes = new Map(datatypes.map((type) => [type, invariantsOf(type).filter((each) => each.path === type && isPublished(each)).map(comparedOf)]));
    const walk = makeWalker(new Set([...inTypes].filter(([, rules]) => rules.length > 0).map(([type]) => type)));
    const differences: string[] = [];
    let compared = 0;
    const compare = ({ key, ours, theirs }: Compared, value: unknown, resource: JsonObject): void => {
      compared += 1;
      const [a, b] = [ours(value, resource), theirs(value, resource)];
      if (a !== b) differences.push(`${key}: ${String(a)} and ${String(b)}`);
    };
    for (const { text } of all.filter((file, index) => index % 9 === 0 && file.text.length < 60_000)) {
      const resource = JSON.parse(text) as JsonObject;
      for (const rule of atRoot.get(String(resource['resourceType'])) ?? []) compare(rule, resource, resource);
      walk(resource, ({ type, value }) => { for (const rule of inTypes.get(type) ?? []) compare(rule, value, resource); });
    }
    expect([...new Set(differences)]).toEqual([]);
    expect(compared).toBeGreaterThan(2000);
  });
});
