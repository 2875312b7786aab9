/**
 * Disagreements with HL7's validator (HAPI 8.8.1), decided by the specification. Patterns are on what either side says; what
 * matches none is an open disagreement.
 */
export interface Decision {
  /** Of its messages: not a matter of R4 itself, so it does not count as a refusal. */
  readonly theirs?: RegExp;
  /** Where they say it; anywhere when absent. */
  readonly at?: RegExp;
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
  { theirs: /^Error processing unit '/, reason: 'we warn: a unit that UCUM does not have is a fault of content where no required binding names UCUM' },
  { theirs: /^Unknown code 'http:\/\/terminology\.hl7\.org\//, reason: 'we warn: a code that its system does not have is a fault of content where no required binding names the system' },
  { theirs: /^No CQL Libraries found/, reason: 'we accept: whether a measure has the library its expressions need is no constraint of R4' },
  { theirs: /^UUIDs must be valid and lowercase/, at: /\.url$/, reason: 'we accept: the element is a uri, and lower case is a rule of the type uuid' },
  { theirs: /^OIDs must be valid/, at: /\.valueSet$/, reason: 'we accept: the element is a canonical, and the form of OIDs is a rule of the type oid' },
  { theirs: /is not valid \(whitespace rules\)$/, reason: 'we accept: the character is U+00A0; the format of `code` means white space of ASCII' },
  { theirs: /^The kind .* must be the same as the kind/, reason: 'we accept: a rule about publishing definitions, not one of R4' },
  { theirs: /launches straight into slicing without the slicing being set up/, reason: 'we accept: a rule about publishing definitions, not one of R4; such a profile is told when it is used' },
  { theirs: /^The (target path|source context) .* (refers to the path|is not known)/, reason: 'we accept: what a map refers to is its content, not its form' },
  { theirs: /^Sub-extension url '.*' is not defined by the Extension/, reason: 'told by $validate against the definition of the extension; R4 itself has no rule on it' },
  { theirs: /^Error in search expression/, reason: 'we accept: the expression names a type the parameter is not for; no constraint of R4' },
  { theirs: /^HL7 Implementation Guides must state their status/, reason: "we accept: a rule of HL7's own publishing" },
  { theirs: /is not valid base64: Illegal base64 character 20/, reason: 'we accept: white space is part of the format of base64Binary in R4' },
  { theirs: /^if identifier\.system is 'urn:ietf:rfc:3986'/, reason: 'we accept: R4 says so in prose and has no constraint; its own examples break it' },
  { theirs: /^URI values in ValueSet\.compose\.include\.system must be absolute/, reason: 'we accept: a rule about publishing value sets; such a system is told as not loaded' },
  { theirs: /^Image source '.*' at .* does not resolve/, reason: 'we accept: a picture that is not there harms nobody' },
  { theirs: /^Can't find '.*' in the bundle/, reason: 'we accept: a rule about the content of Bundles that is no constraint of R4' },
  { theirs: /each entry in a Bundle must have a fullUrl/, reason: 'we accept: R4 says so in prose and has no constraint; its own examples are without' },
];
