/**
 * The one place where a viewer's rights become part of what is asked of the store. Open and system viewers see all;
 * scopes, compartments, consent and labels add their predicates here and nowhere else (design rule 2).
 */
import type { SearchPlan } from '../store/plan.js';
import type { Version } from '../store/resource.js';
import type { Viewer } from './viewer.js';

/** Returns the plan narrowed to what the viewer may find. */
export const restrictPlan = (viewer: Viewer, plan: SearchPlan): SearchPlan => {
  switch (viewer.kind) {
    case 'open':
    case 'system':
      return plan;
  }
};

/** Returns whether the viewer may learn of this version at all. */
export const maySee = (viewer: Viewer, version: Version): boolean => {
  switch (viewer.kind) {
    case 'open':
    case 'system':
      return version.seq > 0;
  }
};
