/**
 * Reads an expression of SNOMED CT's Expression Constraint Language in its brief form (https://confluence.ihtsdotools.org/display/DOCECL):
 * hierarchy, reference sets, AND, OR, MINUS, refinements with groups and cardinalities, reversed and dotted attributes.
 */
export type HierarchyOperator = '<' | '<<' | '<!' | '<<!' | '>' | '>>' | '>!' | '>>!';

export type Ecl =
  | { readonly kind: 'concept'; readonly id: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'hierarchy'; readonly operator: HierarchyOperator; readonly of: Ecl }
  | { readonly kind: 'members'; readonly of: Ecl }
  | { readonly kind: 'join'; readonly operator: 'AND' | 'OR' | 'MINUS'; readonly parts: readonly Ecl[] }
  | { readonly kind: 'refined'; readonly of: Ecl; readonly by: Refinement }
  | { readonly kind: 'dotted'; readonly of: Ecl; readonly attribute: Ecl };

export interface Cardinality {
  readonly least: number;
  readonly most: number;
}

export interface AttributeTest {
  readonly kind: 'attribute';
  readonly cardinality: Cardinality;
  readonly isReversed: boolean;
  readonly name: Ecl;
  readonly isEqual: boolean;
  readonly value: Ecl;
}

export type Refinement =
  | AttributeTest
  | { readonly kind: 'group'; readonly cardinality: Cardinality; readonly of: Refinement }
  | { readonly kind: 'and'; readonly parts: readonly Refinement[] }
  | { readonly kind: 'or'; readonly parts: readonly Refinement[] };

/** The text is no expression. */
export class EclFault extends Error {}
/** The text is an expression, of a kind that is not done here. */
export class EclBeyond extends Error {}

const longest = 4_000;
const deepest = 40;
const mostParts = 500;
const once: Cardinality = { least: 1, most: Infinity };

/** A token with the blanks, comments and terms around it; each can be read in one way only. */
const form = /(?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:(\d{6,18})|(AND|OR|MINUS)(?![A-Za-z])|(R)(?=\s|\d|<|>|\^|\*|\()|(<<!|<<|<!|<|>>!|>>|>!|>|\^|\{\{|\}\}|!=|=|\.\.|[*():,{}[\].])|(\d+)|(\|[^|]*\|)|(#[+-]?[\d.]+|"[^"]*"))/giy;
const ending = /(?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/)*$/y;

const tokensOf = (text: string): string[] => {
  if (text.length > longest) throw new EclBeyond(`it is longer than ${String(longest)} characters`);
  const tokens: string[] = [];
  for (let at = 0; ; at = form.lastIndex) {
    ending.lastIndex = at;
    if (ending.test(text)) return tokens;
    form.lastIndex = at;
    const found = form.exec(text);
    if (found === null && tokens.includes('{{')) throw new EclBeyond('filters in {{ }} are not done');
    if (found === null) throw new EclFault(`"${text.slice(at, at + 20).trim()}" cannot be read`);
    const token = found.slice(1).find((part) => part !== undefined) ?? '';
    // A term says what an id means, and nothing more.
    if (!token.startsWith('|')) tokens.push(/^[a-z]+$/i.test(token) ? token.toUpperCase() : token);
  }
};

const hierarchy: ReadonlySet<string> = new Set(['<', '<<', '<!', '<<!', '>', '>>', '>!', '>>!']);
const isHierarchy = (token: string | undefined): token is HierarchyOperator => token !== undefined && hierarchy.has(token);

class Parser {
  #at = 0;
  #depth = 0;
  #parts = 0;

  constructor(private readonly tokens: readonly string[]) {}

  whole(): Ecl {
    const found = this.#expression();
    if (this.#peek() !== undefined) this.#fail();
    return found;
  }

  #peek(): string | undefined {
    return this.tokens[this.#at];
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at += 1;
    return true;
  }

  #need(token: string): void {
    if (!this.#take(token)) this.#fail(`; ${token} is missing`);
  }

  #fail(more = ''): never {
    const token = this.#peek();
    if (token === '{{' || token === '}}') throw new EclBeyond('filters in {{ }} are not done');
    throw new EclFault(token === undefined ? `it ends too early${more}` : `"${token}" stands where it cannot${more}`);
  }

  #enter<T>(inner: () => T): T {
    this.#depth += 1;
    this.#parts += 1;
    if (this.#depth > deepest) throw new EclBeyond(`it is nested deeper than ${String(deepest)}`);
    if (this.#parts > mostParts) throw new EclBeyond(`it has more than ${String(mostParts)} parts`);
    const found = inner();
    this.#depth -= 1;
    return found;
  }

  #expression(): Ecl {
    return this.#enter(() => {
      const first = this.#refined();
      const operator = this.#operator();
      if (operator === undefined) return first;
      const parts = [first];
      while (this.#operator() === operator && (operator !== 'MINUS' || parts.length < 2)) {
        this.#at += 1;
        parts.push(this.#refined());
      }
      if (this.#operator() !== undefined) throw new EclFault('AND, OR and MINUS are not mixed without brackets');
      return { kind: 'join', operator, parts };
    });
  }

  #operator(): 'AND' | 'OR' | 'MINUS' | undefined {
    const token = this.#peek();
    if (token === ',') return 'AND';
    return token === 'AND' || token === 'OR' || token === 'MINUS' ? token : undefined;
  }

  #refined(): Ecl {
    let of = this.#sub();
    if (this.#take(':')) return { kind: 'refined', of, by: this.#refinement() };
    while (this.#take('.')) of = { kind: 'dotted', of, attribute: this.#sub() };
    if (this.#peek() === '{{') this.#fail();
    return of;
  }

  #sub(): Ecl {
    return this.#enter((): Ecl => {
      const operator = this.#peek();
      if (isHierarchy(operator)) {
        this.#at += 1;
        return { kind: 'hierarchy', operator, of: this.#sub() };
      }
      if (this.#take('^')) return { kind: 'members', of: this.#sub() };
      if (this.#take('*')) return { kind: 'any' };
      if (this.#take('(')) {
        const inner = this.#expression();
        this.#need(')');
        return inner;
      }
      const id = this.#peek() ?? '';
      if (!/^\d{6,18}$/.test(id)) return this.#fail();
      this.#at += 1;
      return { kind: 'concept', id };
    });
  }

  /** `,` and AND bind as tightly as each other; OR is not mixed with them without brackets. */
  #refinement(): Refinement {
    return this.#enter(() => {
      const first = this.#test();
      const kindOf = (): 'and' | 'or' | undefined => {
        const operator = this.#operator();
        return operator === undefined || operator === 'MINUS' ? undefined : operator === 'OR' ? 'or' : 'and';
      };
      const kind = kindOf();
      if (kind === undefined) return first;
      const parts = [first];
      while (kindOf() === kind) {
        this.#at += 1;
        parts.push(this.#test());
      }
      if (this.#operator() !== undefined) throw new EclFault('AND and OR are not mixed without brackets');
      return { kind, parts };
    });
  }

  #test(): Refinement {
    const cardinality = this.#cardinality();
    if (this.#take('{')) {
      const of = this.#refinement();
      this.#need('}');
      return { kind: 'group', cardinality, of };
    }
    if (this.#peek() === '(' && this.#isRefinementInside()) {
      this.#at += 1;
      const inner = this.#refinement();
      this.#need(')');
      return inner;
    }
    const isReversed = this.#take('R');
    const name = this.#sub();
    const isEqual = this.#take('=');
    if (!isEqual) this.#need('!=');
    const value = this.#peek() ?? '';
    if (/^[#"]/.test(value)) throw new EclBeyond('values that are numbers or texts are not done');
    return { kind: 'attribute', cardinality, isReversed, name, isEqual, value: this.#sub() };
  }

  /** Whether the bracket holds tests rather than names of attributes: an `=` stands inside of it. */
  #isRefinementInside(): boolean {
    let depth = 0;
    for (let at = this.#at; at < this.tokens.length; at += 1) {
      const token = this.tokens[at];
      if (token === '(') depth += 1;
      else if (token === ')') depth -= 1;
      else if (depth === 1 && (token === '=' || token === '!=' || token === '{')) return true;
      if (depth === 0) return false;
    }
    return false;
  }

  #cardinality(): Cardinality {
    if (!this.#take('[')) return once;
    const least = this.#number();
    this.#need('..');
    const most = this.#take('*') ? Infinity : this.#number();
    this.#need(']');
    if (most < least) throw new EclFault('a cardinality has the smaller number first');
    return { least, most };
  }

  #number(): number {
    const token = this.#peek() ?? '';
    if (!/^\d{1,5}$/.test(token)) this.#fail();
    this.#at += 1;
    return Number(token);
  }
}

/** Returns the expression; throws EclFault for a text that is none, EclBeyond for what is not done here. */
export const parseEcl = (text: string): Ecl => new Parser(tokensOf(text)).whole();

const partsIn = (refinement: Refinement): readonly (Ecl | Refinement)[] => (refinement.kind === 'attribute' ? [refinement.name, refinement.value] : refinement.kind === 'group' ? [refinement.of] : refinement.parts);

const innerOf = (part: Ecl | Refinement): readonly (Ecl | Refinement)[] => {
  switch (part.kind) {
    case 'concept':
    case 'any':
      return [];
    case 'hierarchy':
    case 'members':
      return [part.of];
    case 'join':
      return part.parts;
    case 'refined':
      return [part.of, part.by];
    case 'dotted':
      return [part.of, part.attribute];
    default:
      return partsIn(part);
  }
};

/** Returns the number of parts of an expression: each is worked out over the whole code system. */
export const sizeOfEcl = (part: Ecl | Refinement): number => 1 + innerOf(part).reduce((sum, inner) => sum + sizeOfEcl(inner), 0);
