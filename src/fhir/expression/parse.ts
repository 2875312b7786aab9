/** Reads a FHIRPath expression into a tree (http://hl7.org/fhirpath/N1/#grammar). */
export type BinaryOperator =
  | '*' | '/' | 'div' | 'mod' | '+' | '-' | '&' | '|' | '<=' | '<' | '>' | '>=' | '=' | '~' | '!=' | '!~' | 'in' | 'contains' | 'and' | 'or' | 'xor' | 'implies';

export type Expression =
  | { readonly kind: 'this' | 'index' | 'empty' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'literal'; readonly type: string; readonly value: string | number | boolean }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'call'; readonly of: Expression; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'item'; readonly of: Expression; readonly at: Expression }
  | { readonly kind: 'is' | 'as'; readonly of: Expression; readonly type: string }
  | { readonly kind: 'binary'; readonly op: BinaryOperator; readonly left: Expression; readonly right: Expression };

/** The expression is no FHIRPath, or beyond the part of it that is compiled here. */
export class UnsupportedExpression extends Error {}

/** Spaces and comments can be read in one way only: otherwise a text made for it would take exponential time. */
const form = /(?:\s|\/\/[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:(@T?[\dT:.+Z-]+)|(\d+(?:\.\d+)?)|('(?:[^'\\]|\\[^])*')|(`[^`]+`)|([A-Za-z_]\w*)|(\$\w+)|(%(?:[A-Za-z_][\w-]*|`[^`]+`|'[^']+'))|(<=|>=|!=|!~|[-+*/&|<>=~.,()[\]{}]))/y;

const ending = /(?:\s|\/\/[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*$/y;

const tokenize = (text: string): string[] => {
  const tokens: string[] = [];
  for (let at = 0; ; at = form.lastIndex) {
    ending.lastIndex = at;
    if (ending.test(text)) return tokens;
    form.lastIndex = at;
    const found = form.exec(text);
    if (found === null) throw new UnsupportedExpression(`"${text}" cannot be read as FHIRPath`);
    tokens.push(found.slice(1).find((part) => part !== undefined) ?? '');
  }
};

/** From what binds least to what binds most; `is` and `as` stand between `|` and `+`. */
const levels: readonly (readonly BinaryOperator[])[] = [
  ['implies'], ['or', 'xor'], ['and'], ['in', 'contains'], ['=', '~', '!=', '!~'], ['<=', '<', '>', '>='], ['|'],
];
const sums: readonly BinaryOperator[] = ['+', '-', '&'];
const products: readonly BinaryOperator[] = ['*', '/', 'div', 'mod'];
const here: Expression = { kind: 'this' };

class Parser {
  #at = 0;
  readonly #text: string;
  readonly #tokens: readonly string[];

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  whole(): Expression {
    const found = this.#level(0);
    if (this.#at < this.#tokens.length) this.#fail();
    return found;
  }

  #fail(): never {
    throw new UnsupportedExpression(`"${this.#text}" cannot be read as FHIRPath`);
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }

  #need(token: string): void {
    if (!this.#take(token)) this.#fail();
  }

  #level(level: number): Expression {
    const ops = levels[level];
    return ops === undefined ? this.#typed() : this.#binary(ops, () => this.#level(level + 1));
  }

  #binary(ops: readonly BinaryOperator[], inner: () => Expression): Expression {
    let left = inner();
    for (;;) {
      const op = ops.find((each) => this.#take(each));
      if (op === undefined) return left;
      left = { kind: 'binary', op, left, right: inner() };
    }
  }

  #typed(): Expression {
    let of = this.#binary(sums, () => this.#binary(products, () => this.#signed()));
    for (;;) {
      if (this.#take('is')) of = { kind: 'is', of, type: this.#typeName() };
      else if (this.#take('as')) of = { kind: 'as', of, type: this.#typeName() };
      else return of;
    }
  }

  #signed(): Expression {
    if (this.#take('-')) return { kind: 'binary', op: '-', left: { kind: 'literal', type: 'System.Integer', value: 0 }, right: this.#signed() };
    this.#take('+');
    return this.#steps();
  }

  #steps(): Expression {
    let of = this.#term();
    for (;;) {
      if (this.#take('.')) of = this.#invocation(of);
      else if (this.#take('[')) {
        of = { kind: 'item', of, at: this.#level(0) };
        this.#need(']');
      } else return of;
    }
  }

  #term(): Expression {
    const token = this.#tokens[this.#at] ?? this.#fail();
    if (this.#take('(')) {
      const inner = this.#level(0);
      this.#need(')');
      return inner;
    }
    if (this.#take('{')) {
      this.#need('}');
      return { kind: 'empty' };
    }
    if (token.startsWith('%')) {
      this.#at += 1;
      return { kind: 'variable', name: token.slice(1).replace(/[`']/g, '') };
    }
    return this.#literal(token) ?? this.#invocation(here);
  }

  #literal(token: string): Expression | undefined {
    const made = literalOf(token);
    if (made !== undefined) this.#at += 1;
    return made;
  }

  #invocation(of: Expression): Expression {
    const name = this.#name();
    if (name === '$this') return here;
    if (name === '$index') return { kind: 'index' };
    if (name.startsWith('$')) return this.#fail();
    if (!this.#take('(')) return { kind: 'member', of, name };
    if (name === 'is' || name === 'as' || name === 'ofType') {
      const type = this.#typeName();
      this.#need(')');
      return { kind: name === 'is' ? 'is' : 'as', of, type };
    }
    const args: Expression[] = [];
    if (this.#take(')')) return { kind: 'call', of, name, args };
    do args.push(this.#level(0)); while (this.#take(','));
    this.#need(')');
    return { kind: 'call', of, name, args };
  }

  #name(): string {
    const token = this.#tokens[this.#at] ?? '';
    if (!/^[A-Za-z_`$]/.test(token)) this.#fail();
    this.#at += 1;
    return token.replaceAll('`', '');
  }

  /** `FHIR.Patient` is `Patient`; `System.String` stays. */
  #typeName(): string {
    const name = this.#name();
    if (!this.#take('.')) return name;
    const own = this.#name();
    return name === 'FHIR' ? own : `${name}.${own}`;
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };
const unescaped = (text: string): string =>
  text.replace(/\\(?:u([0-9A-Fa-f]{4})|([^]))/g, (_all, hex?: string, one = '') => (hex === undefined ? escapes[one as string] ?? String(one) : String.fromCharCode(parseInt(hex, 16))));

const literalOf = (token: string): Expression | undefined => {
  if (token === 'true' || token === 'false') return { kind: 'literal', type: 'System.Boolean', value: token === 'true' };
  if (token.startsWith("'")) return { kind: 'literal', type: 'System.String', value: unescaped(token.slice(1, -1)) };
  if (/^\d/.test(token)) return { kind: 'literal', type: token.includes('.') ? 'System.Decimal' : 'System.Integer', value: Number(token) };
  if (token.startsWith('@T')) return { kind: 'literal', type: 'System.Time', value: token.slice(2) };
  if (token.startsWith('@')) return { kind: 'literal', type: token.includes('T') ? 'System.DateTime' : 'System.Date', value: token.slice(1).replace(/T$/, '') };
  return undefined;
};

/** Longer ones are left to the worker; so is what is nested deeper than the stack takes. */
const longest = 20_000;

/** Returns the tree of an expression. Throws UnsupportedExpression. */
export const parseExpression = (text: string): Expression => {
  if (text.length > longest) throw new UnsupportedExpression(`it is longer than ${String(longest)} characters`);
  try {
    return new Parser(text).whole();
  } catch (error) {
    if (error instanceof RangeError) throw new UnsupportedExpression('it is nested too deep');
    throw error;
  }
};
