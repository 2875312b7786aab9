/** Expands value sets that list their codes, for bindings (https://hl7.org/fhir/R4/valueset.html#expansion). */
interface Concept { code: string; concept?: Concept[] }
export interface SourceCodeSystem { resourceType: string; url?: string; content?: string; concept?: Concept[] }
interface Include { system?: string; concept?: { code: string }[]; filter?: unknown[]; valueSet?: string[] }
export interface SourceValueSet { resourceType: string; url?: string; compose?: { include?: Include[]; exclude?: Include[] } }

export interface Terminology {
  readonly codeSystems: ReadonlyMap<string, SourceCodeSystem>;
  readonly valueSets: ReadonlyMap<string, SourceValueSet>;
}

const flatten = (concepts: readonly Concept[]): string[] => concepts.flatMap(({ code, concept = [] }) => [code, ...flatten(concept)]);
const bare = (url: string): string => url.split('|')[0] ?? url;

/** Returns `system|code` of every member, or undefined when the definition does not list them. */
export const expandValueSet = (terminology: Terminology, url: string, seen: ReadonlySet<string> = new Set()): Set<string> | undefined => {
  const compose = terminology.valueSets.get(bare(url))?.compose;
  if (compose?.include === undefined || seen.has(url)) return undefined;
  const members = new Set<string>();
  for (const include of compose.include) {
    const part = expandInclude(terminology, include, new Set([...seen, url]));
    if (part === undefined) return undefined;
    for (const member of part) members.add(member);
  }
  for (const exclude of compose.exclude ?? []) {
    const part = expandInclude(terminology, exclude, new Set([...seen, url]));
    if (part === undefined) return undefined;
    for (const member of part) members.delete(member);
  }
  return members;
};

const expandInclude = (terminology: Terminology, include: Include, seen: ReadonlySet<string>): Set<string> | undefined => {
  const own = expandSystem(terminology, include);
  const others = (include.valueSet ?? []).map((url) => expandValueSet(terminology, url, seen));
  const sets = include.system === undefined ? others : [own, ...others];
  const [first, ...rest] = sets;
  if (first === undefined || rest.some((set) => set === undefined)) return undefined;
  return new Set([...first].filter((member) => rest.every((set) => set?.has(member) === true)));
};

const expandSystem = (terminology: Terminology, { system, concept, filter }: Include): Set<string> | undefined => {
  if (system === undefined) return undefined;
  if (concept !== undefined) return new Set(concept.map(({ code }) => `${system}|${code}`));
  const source = terminology.codeSystems.get(system);
  if (filter !== undefined || source?.concept === undefined || source.content !== 'complete') return undefined;
  return new Set(flatten(source.concept).map((code) => `${system}|${code}`));
};
