/**
 * Compares an answer with what a case expects. An expected object is a subset of the actual one, an expected array has the
 * same length; `null` means absent; a string between slashes is a regular expression; `$` members are operators.
 */
export type Differences = readonly string[];

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const regexOf = (text: string): RegExp | undefined => (/^\/.+\/[isu]*$/s.test(text) && text.length > 2 ? new RegExp(text.slice(1, text.lastIndexOf('/')), text.slice(text.lastIndexOf('/') + 1)) : undefined);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : [value]);

type Operator = (operand: unknown, actual: unknown, at: string) => Differences;

const finds = (actual: unknown, wanted: unknown, at: string): boolean => Array.isArray(actual) && actual.some((item) => differences(wanted, item, at).length === 0);

const operators: Readonly<Record<string, Operator>> = {
  /** An array (or string) of this length. */
  $length: (operand, actual, at) => ((Array.isArray(actual) || typeof actual === 'string') && actual.length === operand ? [] : [`${at}: expected length ${show(operand)}, found ${show(actual)}`]),
  /** Each of these is an item. */
  $contains: (operand, actual, at) => listOf(operand).filter((wanted) => !finds(actual, wanted, at)).map((wanted) => `${at}: expected an item ${show(wanted)}, found ${show(actual)}`),
  /** None of these is an item. */
  $lacks: (operand, actual, at) => listOf(operand).filter((unwanted) => finds(actual, unwanted, at)).map((unwanted) => `${at}: expected no item ${show(unwanted)}, found one`),
  /** Something else than this. */
  $not: (operand, actual, at) => (differences(operand, actual, at).length > 0 ? [] : [`${at}: expected anything but ${show(operand)}`]),
  /** Present, whatever it is. */
  $present: (operand, actual, at) => ((actual !== undefined) === operand ? [] : [`${at}: expected ${operand === true ? 'something' : 'nothing'}, found ${show(actual)}`]),
  /** Exactly this, nothing more. */
  $exactly: (operand, actual, at) => (JSON.stringify(sorted(operand)) === JSON.stringify(sorted(actual)) ? [] : [`${at}: expected exactly ${show(operand)}, found ${show(actual)}`]),
  /** One of these. */
  $one: (operand, actual, at) => (listOf(operand).some((wanted) => differences(wanted, actual, at).length === 0) ? [] : [`${at}: expected one of ${show(operand)}, found ${show(actual)}`]),
};

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
};

const inArray = (expected: readonly unknown[], actual: unknown, at: string): Differences => {
  if (!Array.isArray(actual)) return [`${at}: expected a list, found ${show(actual)}`];
  if (actual.length !== expected.length) return [`${at}: expected ${expected.length} items, found ${actual.length}: ${show(actual)}`];
  return expected.flatMap((item, index) => differences(item, actual[index], `${at}[${index}]`));
};

const inRecord = (expected: Readonly<Record<string, unknown>>, actual: unknown, at: string): Differences =>
  Object.entries(expected).flatMap(([name, wanted]) => {
    if (name.startsWith('$')) {
      const operator = operators[name];
      if (operator === undefined) throw new Error(`${at}: there is no operator ${name}`);
      return operator(wanted, actual, at);
    }
    if (!isRecord(actual)) return [`${at}: expected an object with ${name}, found ${show(actual)}`];
    return differences(wanted, actual[name], `${at}.${name}`);
  });

/** Returns one line per difference; none when `actual` is as expected. */
export const differences = (expected: unknown, actual: unknown, at = 'body'): Differences => {
  if (expected === null) return actual === undefined ? [] : [`${at}: expected nothing, found ${show(actual)}`];
  if (Array.isArray(expected)) return inArray(expected, actual, at);
  if (isRecord(expected)) return inRecord(expected, actual, at);
  const regex = typeof expected === 'string' ? regexOf(expected) : undefined;
  if (regex !== undefined) return typeof actual === 'string' && regex.test(actual) ? [] : [`${at}: expected ${regex.toString()}, found ${show(actual)}`];
  return expected === actual ? [] : [`${at}: expected ${show(expected)}, found ${show(actual)}`];
};
