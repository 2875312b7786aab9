/** Snapshots made from differentials against the published ones (https://hl7.org/fhir/R4/profiling.html#snapshot). */
import { describe, expect, it } from '@jest/globals';
import { readGenerated } from '../../../../src/fhir/definitions.js';
import type { Profile, ProfileElement } from '../../../../src/fhir/profile/definition.js';
import { makeProfileLibrary } from '../../../../src/fhir/profile/library.js';
import { slimProfile } from '../../../../src/fhir/profile/slim.js';
import { SnapshotError, withSnapshot } from '../../../../src/fhir/profile/snapshot.js';
import { describeWith } from '../../../fixture/shared-data.js';
import { readUsCore } from '../../../fixture/us-core.js';

const made = (name: string, element: readonly object[], base = 'http://hl7.org/fhir/StructureDefinition/Patient'): Profile => {
  const source = slimProfile({ resourceType: 'StructureDefinition', url: `http://x/${name}`, name, type: 'Patient', kind: 'resource', derivation: 'constraint', baseDefinition: base, differential: { element } });
  if (source === undefined) throw new Error('no profile');
  return source;
};
const byId = ({ elements }: Profile): Map<string, ProfileElement> => new Map(elements.map((element) => [element.id, element]));

describe('a snapshot', () => {
  it('has the elements of the base, those entered, and the slices after what they slice', () => {
    const profile = withSnapshot(made('p', [{ id: 'Patient.name.family', path: 'Patient.name.family', min: 1 }, { id: 'Patient.name:a', path: 'Patient.name', sliceName: 'a', max: '1' }, { id: 'Patient.name:a.use', path: 'Patient.name.use', fixedCode: 'old' }]), () => undefined);
    const ids = profile.elements.map(({ id }) => id).filter((id) => id.startsWith('Patient.name'));
    expect(ids.slice(0, 4)).toEqual(['Patient.name', 'Patient.name.id', 'Patient.name.extension', 'Patient.name.use']);
    expect(ids.indexOf('Patient.name:a')).toBeGreaterThan(ids.indexOf('Patient.name.period'));
    expect(byId(profile).get('Patient.name:a.use')).toMatchObject({ fixed: 'old', min: 0, max: 1 });
    expect(byId(profile).get('Patient.name.family')).toMatchObject({ min: 1 });
    expect(byId(profile).get('Patient.gender')).toMatchObject({ binding: { strength: 'required' } });
  });

  it('enters what a contentReference names, and a profile on a type', () => {
    const questionnaire = slimProfile({ url: 'http://x/q', name: 'q', type: 'Questionnaire', kind: 'resource', derivation: 'constraint', baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Questionnaire', differential: { element: [{ id: 'Questionnaire.item.item.text', path: 'Questionnaire.item.item.text', min: 1 }] } });
    expect(questionnaire && byId(withSnapshot(questionnaire, () => undefined)).get('Questionnaire.item.item.text')).toMatchObject({ min: 1 });
  });

  it.each<[string, Profile]>([
    ['an unknown base', made('p', [], 'http://nowhere')], ['an element that is not there', made('p', [{ id: 'Patient.nothing', path: 'Patient.nothing' }])],
    ['a choice entered without a type', made('p', [{ id: 'Patient.deceased[x].extension', path: 'Patient.deceased[x].extension' }])],
  ])('is refused with %s', (_what, profile) => {
    expect(() => withSnapshot(profile, () => undefined)).toThrow(SnapshotError);
  });

  it('is refused for a profile derived from itself', () => {
    const loop = made('loop', [], 'http://x/loop');
    expect(() => withSnapshot(loop, () => loop)).toThrow('derived from itself');
  });
});

/** Differences from what was published that mean the same, or that the publisher made otherwise. */
const isAlike = (key: string, id: string): boolean =>
  // Older publishers left a choice open beside its one slice, or closed it; newer ones the other way round.
  (key === 'types' && id.endsWith('[x]')) || key === 'binding';

const norm = (value: unknown): string => (JSON.stringify(value) ?? '').replaceAll('|4.0.1', '');
const typesOf = ({ types = [] }: ProfileElement): string =>
  norm(types.map(({ code, profiles = [] }) => [code === 'id' ? 'string' : code, profiles.filter((one) => !one.endsWith('/SimpleQuantity'))]));

const differences = (published: Profile, mine: Profile): string[] => {
  const own = byId(mine);
  return published.elements.flatMap((element) => {
    const other = own.get(element.id);
    // The publisher entered what the differential does not mention.
    if (other === undefined) return [];
    const plain = (['min', 'max', 'fixed', 'pattern', 'sliceName'] as const).filter((key) => norm(element[key]) !== norm(other[key]));
    const keys: string[] = typesOf(element) === typesOf(other) ? [...plain] : [...plain, 'types'];
    return keys.filter((key) => !isAlike(key, element.id)).map((key) => `${published.name} ${element.id} ${key}`);
  });
};

const usCore = readUsCore('6.1.0');
describeWith(usCore, 'snapshots made from differentials', (guide) => {
  it('say what the published ones say', () => {
    const all = [...(readGenerated('profiles.json') as Profile[]), ...guide.profiles];
    const library = makeProfileLibrary(guide.profiles);
    const found = guide.structures.flatMap((source) => {
      const published = all.find(({ url }) => url === source['url']);
      const differential = slimProfile(Object.fromEntries(Object.entries(source).filter(([name]) => name !== 'snapshot')));
      // Its base belongs to a guide that is not loaded.
      if (published === undefined || differential === undefined || published.base.includes('/uv/sdc/')) return [];
      return differences(published, withSnapshot(differential, (canonical) => library.find(canonical)));
    });
    expect(found).toEqual([]);
  });
});
