/**
 * The form of a file of concepts, made for code systems of hundreds of thousands: what lookups need lies together and is
 * read into memory at once; texts that are only shown stay on disk. All numbers are little-endian, sections begin at
 * multiples of 8.
 */
export const magic = 'CFTERM01';

/** Sections that are read into memory, in their order. Offsets have one entry more than what they divide. */
export const sectionNames = [
  'codes', 'codeOffsets', 'displays', 'displayOffsets', 'flags', 'parents', 'parentOffsets', 'children', 'childOffsets', 'recordOffsets',
  'keys', 'keyOffsets', 'postings', 'postingOffsets',
] as const;
export type SectionName = (typeof sectionNames)[number];

export interface FileHeader {
  readonly url: string;
  readonly version: string;
  readonly name: string;
  readonly count: number;
  /** Whether records tell the groups of attributes. */
  readonly hasGroups?: boolean;
  /** Codes of the properties that concepts have. */
  readonly properties: readonly string[];
  /** Where each section begins and how many bytes it has; counted from the end of the header. */
  readonly sections: Readonly<Record<SectionName, readonly [offset: number, length: number]>>;
  /** Where the records begin, counted from the end of the header. */
  readonly records: number;
}

export const inactiveFlag = 1;

/** Key of a posting list. */
export const keyOf = (property: string, value: string): string => `${property}\n${value}`;

/** Longer values are only shown, not searched. */
export const longestValue = 200;

/** Returns the next multiple of 8. */
export const aligned = (length: number): number => Math.ceil(length / 8) * 8;
