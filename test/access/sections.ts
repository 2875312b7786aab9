/** The sections of the security design that are cases here. */
import type { AccessCase } from './case.js';
import { sectionB } from './section-b.js';
import { sectionC } from './section-c.js';
import { sectionD } from './section-d.js';
import { sectionE } from './section-e.js';
import { sectionF } from './section-f.js';
import { sectionI } from './section-i.js';
import { sectionWithheld } from './section-withheld.js';

export const sections: Readonly<Record<string, readonly AccessCase[]>> = { B: sectionB, C: sectionC, D: sectionD, E: sectionE, F: sectionF, I: sectionI, withheld: sectionWithheld };
