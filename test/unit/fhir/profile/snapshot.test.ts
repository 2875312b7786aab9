/** Snapshots made from differentials against the published ones (https://hl7.org/fhir/R4/profiling.html#snapshot). */
import { describe, expect, it } from '@jest/globals';
import type { Profile, ProfileElement } from '../../../../src/fhir/profile/definition.js';
import { makeProfileLibrary } from '../../../../src/fhir/profile/library.js';
import { slimProfile } from '../../../../src/fhir/profile/slim.js';
import { SnapshotError, withSnapshot } from '../../../../src/fhir/profile/snapshot.js';
import { describeWith, jsonOf } from '../../../fixture/shared-data.js';
import { readUsCore } from '../../../fixture/us-core.js';

type JsonObject = Readonly<Record<string, unknown>>;

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

/** What is published of a profile, and what is made of its differential. */
const compared = (structures: readonly JsonObject[], find: (canonical: string) => Profile | undefined): { readonly found: string[]; readonly count: number } => {
  let count = 0;
  const found = structures.flatMap((source) => {
    const [published, differential] = [slimProfile(source), slimProfile(Object.fromEntries(Object.entries(source).filter(([name]) => name !== 'snapshot')))];
    // Its base belongs to a guide that is not loaded.
    if (published === undefined || differential === undefined || published.base.includes('/uv/sdc/')) return [];
    count += 1;
    return differences(published, withSnapshot(differential, find));
  });
  return { found, count };
};

describe.each(['6.1.0', '7.0.0'])('US Core %s', (version) => {
  describeWith(readUsCore(version), 'snapshots made from differentials', (guide) => {
    it('say what the published ones say', () => {
      const library = makeProfileLibrary(guide.profiles);
      const { found, count } = compared(guide.structures, (canonical) => library.find(canonical));
      expect(found).toEqual([]);
      expect(count).toBeGreaterThan(50);
    });
  });
});

/** Where the publisher of R4 did otherwise than the later rules say. */
const publishedOtherwise: Readonly<Record<string, string>> = {
  'xml-type Extension.id types': 'published without a type', 'xml-type Extension.url types': 'published without a type', 'json-type Extension.id types': 'published without a type',
  'json-type Extension.url types': 'published without a type', 'rdf-type Extension.id types': 'published without a type', 'rdf-type Extension.url types': 'published without a type',
  'Device Metric Observation Profile Observation.effective[x] min': 'the one type of a choice is mandatory (`effectiveDateTime`, min 1), and so is the choice',
  'Observation Body Mass Index Profile Observation.value[x] min': 'the one type of a choice is mandatory (`valueQuantity`, min 1), and so is the choice',
};

describeWith(jsonOf('r4-core/hl7.fhir.r4.core-4.0.1.tgz'), 'snapshots of R4 itself made from differentials', (files) => {
  it('say what the published ones say, but for those listed', () => {
    const structures = files.filter(({ name }) => name.includes('StructureDefinition-')).map(({ text }) => JSON.parse(text) as JsonObject).filter(({ derivation, snapshot }) => derivation === 'constraint' && snapshot !== undefined);
    const library = makeProfileLibrary([]);
    const { found, count } = compared(structures, (canonical) => library.find(canonical));
    expect(found.sort()).toEqual(Object.keys(publishedOtherwise).sort());
    expect(count).toBeGreaterThan(400);
  });
});
