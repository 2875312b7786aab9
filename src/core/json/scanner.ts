/**
 * Reads JSON text strictly (RFC 8259) without building values: it checks, finds what JSON.parse would hide (duplicate
 * names, lone surrogates, dangerous names, depth) and hands out each value as compact text with every number and
 * string exactly as sent.
 */
import { JsonTextError, type JsonReason } from './error.js';

const quote = 0x22, backslash = 0x5c, openBrace = 0x7b, closeBrace = 0x7d, openBracket = 0x5b, closeBracket = 0x5d, comma = 0x2c, colon = 0x3a;
const minus = 0x2d, plus = 0x2b, dot = 0x2e, zero = 0x30, nine = 0x39;
const forbidden = new Set(['__proto__', 'prototype', 'constructor']);
/** Objects with more members than this look for duplicates in a set. */
const fewNames = 12;

const isDigit = (code: number): boolean => code >= zero && code <= nine;
const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/** A position in a text, moved forward by what it reads. */
export class Scanner {
  position = 0;
  readonly text: string;
  readonly #maxDepth: number;
  #depth = 0;
  /** Parts of the current value already known to be compact, and where the next part starts. */
  #parts: string[] = [];
  #from = 0;

  constructor(text: string, maxDepth: number) {
    this.text = text;
    this.#maxDepth = maxDepth;
    if (text.charCodeAt(0) === 0xfeff) this.position = 1;
  }

  /** Reads one value and returns its compact text. Throws JsonTextError. */
  value(): string {
    this.space();
    this.#parts = [];
    this.#from = this.position;
    this.#any();
    const last = this.text.slice(this.#from, this.position);
    if (this.#parts.length === 0) return last;
    this.#parts.push(last);
    return this.#parts.join('');
  }

  /** Reads the name of a member and the colon after it; returns the name. */
  name(): string {
    this.space();
    const name = this.#name();
    this.space();
    this.#expect(colon, '":" after the name of a member');
    return name;
  }

  /** Reads this character if it comes next, white space aside; returns whether it did. */
  take(character: string): boolean {
    this.space();
    if (this.text[this.position] !== character) return false;
    this.position += 1;
    return true;
  }

  /** Throws unless nothing but white space is left. */
  end(): void {
    this.space();
    if (this.position < this.text.length) this.fail('syntax', 'nothing more is allowed after the value');
  }

  /** Skips white space. */
  space(): void {
    while (isSpace(this.text.charCodeAt(this.position))) this.position += 1;
  }

  /** Throws for the present position. */
  fail(reason: JsonReason, what: string, offset = this.position): never {
    throw new JsonTextError(this.text, { reason, offset, what });
  }

  /** Skips white space inside a value: it is left out of the compact text. */
  #gap(): void {
    if (!isSpace(this.text.charCodeAt(this.position))) return;
    this.#parts.push(this.text.slice(this.#from, this.position));
    this.space();
    this.#from = this.position;
  }

  #any(): void {
    switch (this.text.charCodeAt(this.position)) {
      case openBrace:
        this.#object();
        return;
      case openBracket:
        this.#array();
        return;
      case quote:
        this.#string();
        return;
      case 0x74:
        this.#word('true');
        return;
      case 0x66:
        this.#word('false');
        return;
      case 0x6e:
        this.#word('null');
        return;
      default:
        this.#number();
    }
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > this.#maxDepth) this.fail('too-deep', `nested deeper than ${String(this.#maxDepth)} levels`);
    this.position += 1;
    this.#gap();
  }

  #object(): void {
    this.#enter();
    if (this.text.charCodeAt(this.position) !== closeBrace) this.#members();
    this.position += 1;
    this.#depth -= 1;
  }

  #members(): void {
    const names: string[] = [];
    let set: Set<string> | undefined;
    for (;;) {
      const start = this.position;
      const name = this.#name();
      if (set === undefined ? names.includes(name) : set.has(name)) this.fail('duplicate-key', `the member "${name.slice(0, 60)}" is given twice`, start);
      names.push(name);
      set?.add(name);
      if (set === undefined && names.length > fewNames) set = new Set(names);
      this.#gap();
      this.#expect(colon, '":" after the name of a member');
      this.#gap();
      this.#any();
      this.#gap();
      const next = this.text.charCodeAt(this.position);
      if (next === closeBrace) return;
      this.#expect(comma, '"," or "}" after a member');
      this.#gap();
    }
  }

  #array(): void {
    this.#enter();
    if (this.text.charCodeAt(this.position) !== closeBracket) this.#items();
    this.position += 1;
    this.#depth -= 1;
  }

  #items(): void {
    for (;;) {
      this.#any();
      this.#gap();
      const next = this.text.charCodeAt(this.position);
      if (next === closeBracket) return;
      this.#expect(comma, '"," or "]" after an item');
      this.#gap();
    }
  }

  #expect(code: number, what: string): void {
    if (this.text.charCodeAt(this.position) !== code) this.fail('syntax', this.position >= this.text.length ? `the text ends where ${what} is expected` : `${what} is expected`);
    this.position += 1;
  }

  #name(): string {
    const start = this.position;
    if (this.text.charCodeAt(start) !== quote) this.fail('syntax', start >= this.text.length ? 'the text ends inside an object' : 'the name of a member in double quotes is expected');
    const escaped = this.#string();
    const raw = this.text.slice(start + 1, this.position - 1);
    const name = escaped ? JSON.parse(`"${raw}"`) as string : raw;
    if (forbidden.has(name)) this.fail('forbidden-key', `the member name "${name}" is not accepted`, start);
    return name;
  }

  /** Returns whether the string holds an escape. */
  #string(): boolean {
    const { text } = this;
    let at = this.position + 1;
    let escaped = false;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === quote) break;
      if (code === backslash) {
        escaped = true;
        at = this.#escape(at);
      } else if (code < 0x20 || Number.isNaN(code)) {
        this.fail('syntax', at >= text.length ? 'the text ends inside a string' : 'a control character in a string must be escaped', at);
      } else at = code >= 0xd800 && code <= 0xdfff ? this.#pair(at, code) : at + 1;
    }
    this.position = at + 1;
    return escaped;
  }

  #pair(at: number, code: number): number {
    const low = this.text.charCodeAt(at + 1);
    if (code > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) this.fail('lone-surrogate', 'half of a surrogate pair is no character', at);
    return at + 2;
  }

  #escape(at: number): number {
    const next = this.text[at + 1] ?? '';
    if (next !== '' && '"\\/bfnrt'.includes(next)) return at + 2;
    if (next !== 'u') this.fail('syntax', 'a backslash in a string must start an escape such as \\n or \\u00e9', at);
    const code = this.#unit(at);
    if (code < 0xd800 || code > 0xdfff) return at + 6;
    const low = code <= 0xdbff && this.text.startsWith('\\u', at + 6) ? this.#unit(at + 6) : 0;
    if (low < 0xdc00 || low > 0xdfff) this.fail('lone-surrogate', 'half of a surrogate pair is no character', at);
    return at + 12;
  }

  #unit(at: number): number {
    const digits = this.text.slice(at + 2, at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail('syntax', '\\u needs four hexadecimal digits', at);
    return Number.parseInt(digits, 16);
  }

  #word(word: string): void {
    if (!this.text.startsWith(word, this.position)) this.#unknown();
    this.position += word.length;
  }

  #unknown(): never {
    return this.fail('syntax', this.position >= this.text.length ? 'the text ends where a value is expected' : 'a value is expected: an object, array, string, number, true, false or null');
  }

  #number(): void {
    const { text } = this;
    let at = this.position;
    if (text.charCodeAt(at) === minus) at += 1;
    if (!isDigit(text.charCodeAt(at))) this.#unknown();
    if (text.charCodeAt(at) === zero && isDigit(text.charCodeAt(at + 1))) this.fail('syntax', 'a number has no leading zeros', at);
    at = this.#digits(at);
    if (text.charCodeAt(at) === dot) at = this.#digits(at + 1);
    const exponent = text.charCodeAt(at);
    if (exponent === 0x65 || exponent === 0x45) {
      const sign = text.charCodeAt(at + 1);
      at = this.#digits(sign === minus || sign === plus ? at + 2 : at + 1);
    }
    this.position = at;
  }

  #digits(from: number): number {
    let at = from;
    while (isDigit(this.text.charCodeAt(at))) at += 1;
    if (at === from) this.fail('syntax', 'a digit is expected', at);
    return at;
  }
}
