/** The operations of the terminology module (https://hl7.org/fhir/R4/terminology-service.html). */
import type { Operation } from '../../interaction/service.js';
import { makeExpand } from './expand.js';
import { makeLookup } from './lookup.js';
import type { TerminologyOf } from './subject.js';
import { makeSubsumes } from './subsumes.js';
import { makeTranslate } from './translate.js';
import { makeValidateCode } from './validate-code.js';

/** Returns them all. */
export const terminologyOperations = (terminology: TerminologyOf): readonly Operation[] =>
  [makeExpand, makeValidateCode, makeLookup, makeSubsumes, makeTranslate].map((make) => make(terminology));
