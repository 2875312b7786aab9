/** Operations on who may see what: break-glass, and why something is shown or not. */
import type { Operation } from '../../interaction/service.js';
import { breakGlass, breakGlassEnd } from './break-glass.js';
import { explainAccessOperation } from './explain-access.js';

export const accessOperations: readonly Operation[] = [breakGlass, breakGlassEnd, explainAccessOperation];
