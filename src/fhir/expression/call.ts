/** What a compiled FHIRPath expression is, and how its functions see a call (http://hl7.org/fhirpath/N1/). */
import type { Nodes, PathNode } from './node.js';
import type { Work } from './work.js';

/** What an evaluation carries along. */
export interface Run {
  /** `%resource`, `%rootResource` and `%context`. */
  readonly resource: PathNode;
  readonly root: PathNode;
  readonly context: PathNode;
  /** `$index` */
  readonly index: number;
  /** The target of a Reference or canonical; undefined when it is not at hand. */
  readonly resolve: (node: PathNode) => PathNode | undefined;
  /** Steps that may still be taken; undefined where the expression is FHIR's own, which is trusted. */
  readonly work?: Work | undefined;
}

export type Eval = (focus: Nodes, run: Run) => Nodes;
export type Test = (focus: Nodes, run: Run) => boolean | undefined;

/** A call, as its functions see it: what stands before the dot and the arguments, compiled when asked for. */
export interface Call {
  readonly of: Eval;
  readonly args: readonly Eval[];
  /** The argument as a condition. */
  readonly test: (index: number) => Test;
}
