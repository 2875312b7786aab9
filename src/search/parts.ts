/** What a search asks of resources that are parts of one another (https://hl7.org/fhir/R4/search.html#hierarchy). */
/** What is part of a resource, or what it is part of, at any depth. */
export interface HierarchyAsked {
  readonly kind: 'parts' | 'wholes';
  readonly type: string;
  readonly id: string;
}

/** Returns `Type/id` of each, the resource itself among them; `name` is the parameter as written, for what is thrown. */
export type ResolveHierarchy = (asked: HierarchyAsked, name: string) => readonly string[];

/** What search needs of the store: rejects with `too-costly` where there are too many. */
export type HierarchySource = (asked: HierarchyAsked) => Promise<readonly string[]>;
