/** Replays the feed against what the processes were told: each change must be right in the order of the feed, and none may be missing. */
import type { Version } from '../../../src/store/resource.js';
import type { Numbered } from '../../../src/store/store.js';
import type { Note, Told } from './operation.js';

/** What a reader saw while it was written. */
export interface Reader {
  readonly positions: number[];
  /** Texts of the audit's records. */
  readonly records: string[];
}

export interface Evidence {
  readonly told: readonly Told[];
  /** The whole feed. */
  readonly feed: readonly Version[];
  readonly readers: readonly Reader[];
  readonly audit: readonly Numbered[];
}

const nameOf = ({ type, id }: Version): string => `${type}/${id}`;

const noteOf = ({ body }: Version): Note | undefined => (body === undefined ? undefined : (JSON.parse(body) as { note: Note }).note);

/** Returns what is wrong, in words; nothing when all is well. */
export const faultsOf = (evidence: Evidence): string[] => [...orderFaults(evidence), ...readerFaults(evidence), ...missing(evidence), ...replayFaults(evidence.feed), ...auditFaults(evidence)];

const orderFaults = ({ feed }: Evidence): string[] => {
  const versions = new Map<string, number>();
  return feed.flatMap((version, at) => {
    const before = feed[at - 1];
    const name = nameOf(version);
    const expected = (versions.get(name) ?? 0) + 1;
    versions.set(name, version.version);
    return [
      ...(before !== undefined && version.seq <= before.seq ? [`position ${String(version.seq)} does not come after ${String(before.seq)}`] : []),
      ...(before !== undefined && version.updated < before.updated ? [`time goes back at ${name}`] : []),
      ...(version.version === expected ? [] : [`${name} has version ${String(version.version)} where ${String(expected)} should be`]),
    ];
  });
};

const sameAs = <T>(what: string, whole: readonly T[], seen: readonly T[]): string[] => {
  const differs = whole.findIndex((each, place) => seen[place] !== each);
  return differs < 0 && seen.length === whole.length ? [] : [`${what}: ${String(seen[differs])} was seen where ${String(whole[differs])} is, ${String(seen.length)} of ${String(whole.length)}`];
};

const readerFaults = ({ feed, audit, readers }: Evidence): string[] => readers.flatMap(({ positions, records }, at) => [
  ...sameAs(`feed, reader ${String(at)}`, feed.map(({ seq }) => seq), positions),
  ...sameAs(`audit, reader ${String(at)}`, audit.map(({ text }) => text), records),
]);

/** Told and not stored: a lost change. */
const missing = ({ told, feed }: Evidence): string[] => {
  const stored = new Map(feed.map((version) => [`${nameOf(version)} ${String(version.version)}`, version]));
  return told.flatMap(({ mark, kind, written }) => written.flatMap(({ name, version }) => {
    const found = stored.get(`${name} ${String(version)}`);
    if (found === undefined) return [`${name} version ${String(version)} of ${mark} is lost`];
    return kind === 'drop' ? (found.body === undefined ? [] : [`${name} was not deleted by ${mark}`]) : noteOf(found)?.mark === mark ? [] : [`${name} version ${String(version)} is not that of ${mark}`];
  }));
};

interface Replay {
  readonly identifiers: Set<string>;
  readonly keys: Set<string>;
  readonly devices: Set<string>;
  readonly referred: Set<string>;
}

const replayOne = ({ identifiers, keys, devices, referred }: Replay, version: Version): string[] => {
  const name = nameOf(version);
  const note = noteOf(version);
  const of = note?.of ?? '';
  if (note === undefined) {
    devices.delete(name);
    return referred.has(name) ? [`${name} was deleted while something refers to it`] : [];
  }
  switch (note.kind) {
    case 'create':
    case 'plain': {
      const twice = note.kind === 'create' && identifiers.has(of);
      identifiers.add(of);
      return twice ? [`${name} was created although ${of} was there`] : [];
    }
    case 'once': {
      const twice = keys.has(of);
      keys.add(of);
      return twice ? [`${of} was used twice`] : [];
    }
    case 'device':
      devices.add(name);
      return [];
    case 'refer':
      referred.add(of);
      return devices.has(of) ? [] : [`${name} refers to ${of}, which is not there`];
    default:
      return [];
  }
};

const replayFaults = (feed: readonly Version[]): string[] => {
  const replay: Replay = { identifiers: new Set(), keys: new Set(), devices: new Set(), referred: new Set() };
  const faults = feed.flatMap((version) => replayOne(replay, version));
  const pairs = feed.flatMap((version, at) => (noteOf(version)?.kind === 'pair' ? [{ mark: noteOf(version)?.mark, at }] : []));
  const torn = pairs.filter(({ mark, at }) => pairs.filter((other) => other.mark === mark && Math.abs(other.at - at) === 1).length !== 1);
  return [...faults, ...torn.map(({ mark }) => `the two halves of ${String(mark)} do not stand together`)];
};

const auditFaults = ({ told, audit }: Evidence): string[] => {
  const recorded = new Set(audit.map(({ text }) => text));
  return [
    ...audit.flatMap(({ number }, at) => (number === at + 1 ? [] : [`record ${String(number)} stands where ${String(at + 1)} should be`])),
    ...(recorded.size === audit.length ? [] : ['a record is there twice']),
    ...told.flatMap(({ mark }) => (recorded.has(mark) ? [] : [`the record of ${mark} is lost`])),
  ];
};
