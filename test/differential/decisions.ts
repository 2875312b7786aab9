/**
 * Disagreements with HL7's validator (HAPI 8.8.1), decided by the specification. Patterns are on what either side says; what
 * matches none is an open disagreement.
 */
export interface Decision {
  /** Of its messages: not a matter of R4 itself, so it does not count as a refusal. */
  readonly theirs?: RegExp;
  /** Of our messages: a fault that R4 defines and it does not look for. */
  readonly ours?: RegExp;
  readonly reason: string;
}

export const decided: readonly Decision[] = [
  { ours: /is no language: it must be a language tag of BCP 47/, reason: 'we refuse: `language` is bound to BCP 47 as its largest set (all-languages); it lets "english language" pass' },
  { ours: /"_id" must not be there: id cannot have extensions/, reason: 'we refuse: the id of a resource has no extensions (json.html: id "cannot have extensions")' },
  { ours: /must not have a style that fetches or runs something/, reason: 'we refuse: a style that imports a sheet is active content (narrative.html: no external dependencies)' },
  { ours: /may not refer to /, reason: 'we refuse: the target types of a Reference are part of its definition; it does not check them' },
  { theirs: /^Profile reference '.*' has not been checked/, reason: 'we accept: a profile that is not known is told, it does not make a resource invalid' },
  { theirs: /Invalid entity in the XHTML \('&\w+;'\)/, reason: "we accept: XHTML 1.0 names these characters and R4 does not forbid them; in XML they are written as numbers" },
  { theirs: /is not a valid reference$/, reason: 'we accept: a relative reference of any characters is a uri, and R4 has no more on it' },
  { theirs: /is not legal because it is not defined in the FHIR specification/, reason: 'we accept: a rule about publishing definitions, not one of R4' },
  { theirs: /must define two or more components/, reason: 'we accept: a rule about the content of search parameters, not a constraint of R4' },
  { theirs: /^The name .* is not valid$/, reason: 'we accept: a rule about the content of maps, not a constraint of R4' },
  { theirs: /Error generating Snapshot: Unable to resolve package/, reason: 'not a finding: without the core package in its cache it makes no snapshots (55 of 652 examples)' },
  { theirs: /^Invalid profile\. Failed to retrieve profile/, reason: 'we accept: a profile that is not known is told, it does not make a resource invalid' },
  { theirs: /^Canonical URLs must be absolute URLs/, reason: 'we accept: canonicals are uris in R4, relative ones among them; a rule about publishing' },
  { theirs: /^The nominated WG /, reason: "we accept: a rule of HL7's own publishing" },
  { theirs: /must not use the canonical version syntax/, reason: 'we accept: a rule about publishing value sets' },
  { theirs: /^The (source|target) code '.*' is not valid in the /, reason: 'we accept: whether a concept map names codes there are is no constraint of R4' },
  { theirs: /^The hash of the data did not match/, reason: 'we accept: no constraint of R4 compares an attachment with its hash' },
  { theirs: /looks like a RESTful server URL, so it must/, reason: 'we accept: a rule about the content of Bundles that is no constraint of R4' },
  { theirs: /^The constraint key '.*' already exists/, reason: 'we accept: eld-14 is about one element, and holds' },
  { theirs: /^Hyperlink '.*' at .* does not resolve/, reason: 'we accept: a link within a narrative that leads nowhere harms nobody' },
  { theirs: /each entry in a Bundle must have a fullUrl/, reason: 'we accept: R4 says so in prose and has no constraint; its own examples are without' },
];
