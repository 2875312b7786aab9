/** The kinds of search that are measured: as a request, and as the query one would write by hand over plain tables. */
import { drugs, type Hand } from './search-world.js';

export interface Known {
  readonly patients: readonly string[];
  readonly families: readonly string[];
  /** Days on which there are observations. */
  readonly days: readonly string[];
  /** The observation that a thousand pages of 20, oldest first, end with. */
  readonly deep: { readonly date: number; readonly rid: number };
}

export interface SearchClass {
  readonly work: string;
  readonly url: (known: Known, at: number) => string;
  /** Returns what the same question comes to by hand. */
  readonly byHand: (hand: Hand, known: Known) => (at: number) => unknown;
}

/** Returns what the classes ask for, taken from what is stored. */
export const readKnown = (hand: Hand): Known => {
  const texts = (sql: string): string[] => hand.prepare(sql).pluck().all() as string[];
  const deep = hand.prepare('SELECT date, rid FROM obs WHERE date IS NOT NULL ORDER BY date, rid LIMIT 1 OFFSET 19980').get() as Known['deep'] | undefined;
  // The newest tenth, whatever there is of it: so that a day selects the same share of more and of fewer resources.
  const tenth = Math.ceil((hand.prepare('SELECT count(date) FROM obs').pluck().get() as number) / 10);
  const days = texts(`SELECT date FROM obs WHERE date IS NOT NULL ORDER BY date DESC LIMIT ${String(tenth)}`).filter((_, at) => at % Math.ceil(tenth / 40) === 0);
  return {
    patients: texts('SELECT id FROM person ORDER BY id LIMIT 2000'), families: texts('SELECT DISTINCT family FROM person WHERE family IS NOT NULL ORDER BY family LIMIT 2000'),
    days: days.map((day) => new Date(Number(day)).toISOString().slice(0, 10)), deep: deep ?? { date: 0, rid: 0 },
  };
};

const one = <T>(list: readonly T[], at: number): T => list[(at * 7919) % list.length] as T;
const bodies = (inner: string): string => `SELECT v.body FROM (${inner}) found CROSS JOIN store.version v ON v.seq = found.seq`;
const heartRate = '8867-4';
const family = (known: Known, at: number): string => one(known.families, at);
const end = '\u{10ffff}';

const simple = (inner: string, values: (known: Known, at: number) => readonly unknown[] = () => []): SearchClass['byHand'] => (hand, known) => {
  const statement = hand.prepare(bodies(inner)).pluck();
  return (at) => statement.all(...values(known, at));
};

export const searchClasses: readonly SearchClass[] = [
  {
    work: 'by patient, newest first', url: ({ patients }, at) => `Observation?patient=${one(patients, at)}&_sort=-date&_count=20`,
    byHand: simple('SELECT seq FROM obs WHERE patient = ? ORDER BY date DESC LIMIT 20', ({ patients }, at) => [`Patient/${one(patients, at)}`]),
  },
  {
    work: 'by patient', url: ({ patients }, at) => `Observation?patient=${one(patients, at)}&_count=20`,
    byHand: simple('SELECT seq FROM obs WHERE patient = ? LIMIT 20', ({ patients }, at) => [`Patient/${one(patients, at)}`]),
  },
  {
    work: 'token and date', url: ({ days }, at) => `Observation?code=http://loinc.org|${heartRate}&date=ge${one(days, at)}&_count=20`,
    byHand: simple('SELECT seq FROM obs WHERE code = ? AND date >= ? LIMIT 20', ({ days }, at) => [heartRate, Date.parse(one(days, at))]),
  },
  {
    work: 'name', url: (known, at) => `Patient?family=${encodeURIComponent(family(known, at))}&_count=20`,
    byHand: simple('SELECT seq FROM person WHERE family >= ? AND family < ? LIMIT 20', (known, at) => [family(known, at), family(known, at) + end]),
  },
  {
    work: 'chain', url: (known, at) => `Observation?subject:Patient.family=${encodeURIComponent(family(known, at))}&_count=20`,
    byHand: simple("SELECT o.seq FROM person p CROSS JOIN obs o ON o.patient = 'Patient/' || p.id WHERE p.family >= ? AND p.family < ? LIMIT 20", (known, at) => [family(known, at), family(known, at) + end]),
  },
  {
    work: '_has', url: () => `Patient?_has:Observation:patient:code=http://loinc.org|${heartRate}&_count=20`,
    byHand: simple("SELECT seq FROM person p WHERE EXISTS (SELECT 1 FROM obs o WHERE o.patient = 'Patient/' || p.id AND o.code = ?) ORDER BY rid LIMIT 20", () => [heartRate]),
  },
  {
    work: 'includes', url: ({ patients }, at) => `Encounter?patient=${one(patients, at)}&_include=Encounter:participant&_revinclude=Observation:encounter&_count=20`,
    byHand: (hand, { patients }) => {
      const [page, staff, found] = [
        hand.prepare('SELECT e.id, e.staff, v.body FROM enc e JOIN store.version v ON v.seq = e.seq WHERE e.patient = ? LIMIT 20').raw(),
        hand.prepare(bodies('SELECT seq FROM staff WHERE id = ?')).pluck(), hand.prepare(bodies('SELECT seq FROM obs WHERE encounter = ?')).pluck(),
      ];
      return (at) => (page.all(`Patient/${one(patients, at)}`) as [string, string, string][]).map(([id, who, body]) => [body, staff.all(who), found.all(`Encounter/${id}`)]);
    },
  },
  { work: 'sorted page of a whole type', url: () => 'Observation?_sort=-date&_count=20', byHand: simple('SELECT seq FROM obs ORDER BY date DESC, rid DESC LIMIT 20') },
  { work: 'sorted, code leads', url: () => `Observation?code=http://loinc.org|${heartRate}&_sort=-date&_count=20`, byHand: simple('SELECT seq FROM obs WHERE code = ? ORDER BY date DESC LIMIT 20', () => [heartRate]) },
  {
    work: 'accurate total', url: () => 'Observation?status=final&_total=accurate&_count=20',
    byHand: (hand) => {
      const [page, count] = [hand.prepare(bodies("SELECT seq FROM obs WHERE status = 'final' LIMIT 20")).pluck(), hand.prepare("SELECT count(*) FROM obs WHERE status = 'final'").pluck()];
      return () => [page.all(), count.get()];
    },
  },
  {
    work: 'text of one patient', url: ({ patients }, at) => `Observation?patient=${one(patients, at)}&_content=rate&_count=20`,
    byHand: simple("SELECT o.seq FROM obs o JOIN store.version b ON b.seq = o.seq WHERE o.patient = ? AND b.body LIKE '%rate%' LIMIT 20", ({ patients }, at) => [`Patient/${one(patients, at)}`]),
  },
  {
    work: 'text of a whole type', url: () => 'Condition?_content=hypertensi&_count=20',
    byHand: simple("SELECT c.seq FROM cond c JOIN store.version b ON b.seq = c.seq WHERE b.body LIKE '%hypertensi%' LIMIT 20"),
  },
  {
    work: 'text that nothing of a type has', url: () => 'Condition?_content=nowhere&_count=20',
    byHand: simple("SELECT c.seq FROM cond c JOIN store.version b ON b.seq = c.seq WHERE b.body LIKE '%nowhere%' LIMIT 20"),
  },
  { work: 'any code of a system', url: () => 'Observation?code=http://loinc.org|&_count=20', byHand: simple('SELECT seq FROM obs WHERE code IS NOT NULL LIMIT 20') },
  { work: 'sorted by what nothing has', url: () => 'Observation?_sort=value-date&_count=20', byHand: simple('SELECT seq FROM obs ORDER BY rid LIMIT 20') },
  {
    work: 'contained', url: (_, at) => `Medication?code=http://www.nlm.nih.gov/research/umls/rxnorm|${one(drugs, at)}&status=active&_contained=true&_count=20`,
    byHand: simple("SELECT seq FROM drug WHERE code = ? AND status = 'active' LIMIT 20", (_, at) => [one(drugs, at)]),
  },
];

/** Large answers, which must not hold the event loop: nobody would write these by hand. */
export const heavySearches: readonly string[] = [
  'Observation?_count=1000', 'Observation?_sort=-date&_count=1000', 'Observation?_summary=true&_count=1000', 'Observation?_include=*&_count=1000', 'Encounter?_revinclude=Observation:encounter&_count=1000',
  'Patient?_revinclude=*&_count=1000', 'Medication?status=active&_contained=true&_containedType=contained&_count=1000',
];

/** Page 1,000 of a sorted type: the request is made by following the links once. */
export const deepByHand: SearchClass['byHand'] = simple('SELECT seq FROM obs WHERE (date, rid) > (?, ?) ORDER BY date, rid LIMIT 20', ({ deep }) => [deep.date, deep.rid]);
