/** Operations on records that need nothing but what is stored (https://hl7.org/fhir/R4/operationslist.html). */
import type { Operation } from '../../interaction/service.js';
import { everything } from './everything.js';
import { lastN } from './lastn.js';
import { meta, metaAdd, metaDelete } from './meta.js';
import { stats } from './stats.js';

export const recordOperations: readonly Operation[] = [everything, lastN, stats, meta, metaAdd, metaDelete];
