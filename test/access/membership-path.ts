/** Resources that are in a patient's compartment by one parameter, made out of the parameter's expression (https://hl7.org/fhir/R4/compartmentdefinition-patient.html). */
import { compartmentParams, elementsOf, resourceTypes, searchParameterDefs } from '../../src/fhir/definitions.js';

export interface Membership {
  readonly type: string;
  /** Undefined: the Patient itself. */
  readonly param: string | undefined;
  /** Elements from the resource down to the reference; one for each branch of the expression. */
  readonly paths: readonly (readonly string[])[];
}

/** `(Observation.subject as Reference).where(resolve() is Patient)` leads through `subject`. */
const pathOf = (type: string, branch: string): readonly string[] | undefined => {
  const plain = branch.trim().replace(/\.where\((?:[^()]|\([^()]*\))*\)/g, '').replace(/\.(?:as|ofType)\(\w+\)/g, '').replace(/^\(+|\)+$/g, '').replace(/ as \w+\)?/g, '').trim();
  const [root, ...path] = plain.split('.');
  return root === type && path.length > 0 ? path : undefined;
};

const pathsOf = (type: string, code: string): readonly (readonly string[])[] => {
  const definition = searchParameterDefs().find((each) => each.code === code && each.base.includes(type));
  return (definition?.expression ?? '').split('|').flatMap((branch) => { const path = pathOf(type, branch); return path === undefined ? [] : [path]; });
};

/** Every parameter of every type that puts a resource into the compartment; a link between Patients is none here. */
export const memberships: readonly Membership[] = resourceTypes.flatMap((type): Membership[] => {
  if (type === 'Patient') return [{ type, param: undefined, paths: [] }];
  return compartmentParams('Patient', type).map((param) => ({ type, param, paths: pathsOf(type, param) }));
});

/** Returns the JSON of an element at a path, lists where the definition has them, with the reference at its end. */
const build = (type: string, path: readonly string[], reference: string): Record<string, unknown> => {
  const [name = '', ...rest] = path;
  const elements = elementsOf(type);
  const own = elements.get(name) ?? elements.get(`${name}Reference`);
  if (own === undefined) throw new Error(`${type} has no element ${name}`);
  const value = rest.length === 0 ? { reference } : build(own.children ?? '', rest, reference);
  return { [elements.has(name) ? name : `${name}Reference`]: own.max > 1 ? [value] : value };
};

/** Returns a resource that is a member by this path alone. */
export const memberOf = ({ type, param }: Membership, path: readonly string[], patient: string): Record<string, unknown> =>
  (param === undefined ? { resourceType: type } : { resourceType: type, ...build(type, path, `Patient/${patient}`) });
