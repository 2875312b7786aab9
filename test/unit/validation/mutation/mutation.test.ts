/** Resources of every type, corrupted in every known way and changed in harmless ones, sent to be created. */
import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../../src/core/clock.js';
import { FhirError } from '../../../../src/core/error.js';
import { resourceTypes } from '../../../../src/fhir/definitions.js';
import { makeProfileLibrary } from '../../../../src/fhir/profile/library.js';
import { makeProfileValidator } from '../../../../src/validation/profile/validator.js';
import { makeValidator } from '../../../../src/validation/validator.js';
import { makeWriteValidator } from '../../../../src/validation/write.js';
import { makeMemoryStore } from '../../../fixture/memory-store.js';
import { call, makeService } from '../../../fixture/service.js';
import { minimalResource, richResource, type Json } from '../../../fixture/generate-resource.js';
import { jsonOf } from '../../../fixture/shared-data.js';
import { corruptions, type Corruption } from './corruptions.js';
import { placesOf, type Place } from './elements.js';
import { harmless } from './harmless.js';

const service = {
  ...makeService(makeMemoryStore(systemClock), { referentialIntegrity: 'off' }),
  validate: makeWriteValidator({ base: makeValidator(), profiles: makeProfileValidator({ library: makeProfileLibrary([]), unknownModifiers: 'report' }), mode: 'report', unknownModifiers: 'report' }),
};

/** Creates the resource; returns the places of its faults, undefined when it was accepted. */
const faultsOf = async (text: string, type: string): Promise<readonly string[] | undefined> => {
  try {
    const { status } = await call(service, { method: 'POST', url: type, body: text });
    expect(status).toBe(201);
    return undefined;
  } catch (error) {
    if (!(error instanceof FhirError) || (error.status !== 400 && error.status !== 422)) throw error;
    return error.issues.filter(({ severity }) => severity !== 'warning').map(({ expression, location }) => expression ?? location ?? '');
  }
};

const clone = (resource: Json): Json => structuredClone(resource);
const sources: readonly Json[] = resourceTypes.flatMap((type) => [minimalResource(type), richResource(type)]);
/** Fewest places in which a kind must have been tried, so that none is there in name only. */
const fewest = 25;
const rare = new Set(['base64 cut off', 'characters that are no base64', 'base64 with white space', 'a unit code without its system', 'a date for an instant']);

const mostPlaces = 2;

/** Returns the text and the wanted place of each change that a resource suits, at a few places spread over it. */
const changed = <T>(source: Json, apply: (place: Place) => T | undefined): { readonly text: string; readonly result: T }[] => {
  const made: { readonly text: string; readonly result: T }[] = [];
  let copy = clone(source);
  let places = placesOf(copy);
  const { length } = places;
  // Small steps that meet every place, begun elsewhere for each resource.
  for (let step = 0, index = length % 7; step < length && made.length < mostPlaces; step += 1, index = (index + 1) % length) {
    const place = places[index];
    const result = place && apply(place);
    if (result === undefined) continue;
    made.push({ text: JSON.stringify(copy), result });
    copy = clone(source);
    places = placesOf(copy);
    index += Math.floor(length / 2);
  }
  return made;
};

const corrupted = ({ at, whole, text }: Corruption, source: Json): { readonly text: string; readonly expected: string | undefined }[] => {
  const type = String(source['resourceType']);
  if (text !== undefined) return [{ text: text(JSON.stringify(source)), expected: undefined }];
  if (at !== undefined) return changed(source, at).map(({ text: body, result }) => ({ text: body, expected: result }));
  const copy = clone(source);
  const expected = whole?.(copy, type);
  return expected === undefined ? [] : [{ text: JSON.stringify(copy), expected }];
};

it('resources of every type are made, and accepted as they are', async () => {
  expect(sources).toHaveLength(292);
  for (const source of sources) expect(await faultsOf(JSON.stringify(source), String(source['resourceType']))).toBeUndefined();
});

describe('a corrupted resource is refused, at the right place', () => {
  it('there are at least 40 kinds', () => { expect(Object.keys(corruptions).length).toBeGreaterThanOrEqual(40); });

  it.each(Object.entries(corruptions))('%s', async (kind, corruption) => {
    const passed: string[] = [];
    let tried = 0;
    for (const source of sources) {
      for (const { text, expected } of corrupted(corruption, source)) {
        tried += 1;
        const faults = await faultsOf(text, String(source['resourceType']));
        const isRight = faults !== undefined && (expected === undefined ? faults.some((fault) => fault !== '') : faults.includes(expected));
        if (!isRight) passed.push(`${String(source['resourceType'])}: ${faults === undefined ? 'accepted' : `found at ${faults.slice(0, 3).join(', ')}`}${expected === undefined ? '' : `, not at ${expected}`}`);
      }
    }
    expect(passed.slice(0, 10)).toEqual([]);
    expect(tried).toBeGreaterThanOrEqual(rare.has(kind) ? 1 : fewest);
  });
});

describe('a harmless change is accepted', () => {
  it('there are at least 20 kinds', () => { expect(Object.keys(harmless).length).toBeGreaterThanOrEqual(20); });

  it.each(Object.entries(harmless))('%s', async (kind, { at, whole, text }) => {
    const refused: string[] = [];
    let tried = 0;
    const send = async (source: Json, body: string): Promise<void> => {
      tried += 1;
      const faults = await faultsOf(body, String(source['resourceType']));
      if (faults !== undefined) refused.push(`${String(source['resourceType'])}: ${faults.join(', ')} in ${body.slice(0, 300)}`);
    };
    for (const source of sources) {
      const copy = clone(source);
      if (text !== undefined) await send(source, text(JSON.stringify(source)));
      else if (whole !== undefined) { if (whole(copy, String(source['resourceType']))) await send(source, JSON.stringify(copy)); }
      else for (const { text: body } of changed(source, (place) => (at?.(place) === true ? true : undefined))) await send(source, body);
    }
    expect(refused.slice(0, 5)).toEqual([]);
    expect(tried).toBeGreaterThanOrEqual(rare.has(kind) ? 1 : fewest);
  });
});

const examples = jsonOf('r4-examples/hl7.fhir.r4.examples-4.0.1.tar.xz');
if (examples !== undefined) {
  it("corruptions of HL7's examples are refused as well", async () => {
    const passed: string[] = [];
    let tried = 0;
    const kinds = Object.entries(corruptions);
    for (const [index, { name, text }] of examples.entries()) {
      if (index % 40 !== 0 || text.length > 60_000) continue;
      const source = JSON.parse(text) as Json;
      if (typeof source['resourceType'] !== 'string' || (await faultsOf(text, source['resourceType'])) !== undefined) continue;
      for (const [kind, corruption] of kinds.filter((_kind, at) => at % 4 === index % 4)) {
        for (const { text: body, expected } of corrupted(corruption, source).slice(0, 1)) {
          tried += 1;
          const faults = await faultsOf(body, source['resourceType']);
          if (faults === undefined || (expected !== undefined && !faults.includes(expected))) passed.push(`${name} with ${kind}: ${String(faults?.slice(0, 3))} not ${String(expected)}`);
        }
      }
    }
    expect(tried).toBeGreaterThan(500);
    expect(passed).toEqual([]);
  });
}
