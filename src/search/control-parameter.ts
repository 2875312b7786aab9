/** Names of the parameters that say what to do with what is found, for the CapabilityStatement (https://hl7.org/fhir/R4/search.html#return). */

interface ControlParameter {
  readonly type: 'number' | 'string' | 'token' | 'special';
  readonly documentation: string;
}

const control = <T extends Readonly<Record<string, ControlParameter>>>(table: T): T => table;

/** Each is read in `control.ts`, or the program does not compile. */
export const controlParameters = control({
  _count: { type: 'number', documentation: 'Matches on a page; 0 asks for the total alone.' },
  _sort: { type: 'string', documentation: 'Search parameters of one value, _id and _lastUpdated, each with - before it for descending order.' },
  _total: { type: 'token', documentation: 'none, estimate or accurate.' },
  _summary: { type: 'token', documentation: 'true, false, text, data or count.' },
  _elements: { type: 'string', documentation: 'Elements that are answered, beside mandatory ones.' },
  _type: { type: 'token', documentation: 'Types of a search on all types or in a compartment.' },
  _contained: { type: 'token', documentation: 'false, true or both; with at most 8 types, and no _sort but _lastUpdated.' },
  _containedType: { type: 'token', documentation: 'container or contained.' },
  _explain: { type: 'token', documentation: 'true adds an OperationOutcome that says how the answer was found.' },
  _include: { type: 'string', documentation: 'Type:parameter, Type:parameter:Type, Type:* or *; :iterate follows what came along.' },
  _revinclude: { type: 'string', documentation: 'Type:parameter, Type:parameter:Type, Type:* or *; :iterate follows what came along.' },
});

export type ControlName = keyof typeof controlParameters;
