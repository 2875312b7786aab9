/** The name that was probably meant: what an error about a misspelt one suggests. */

/** Returns the number of single-character edits (swaps of neighbours included) between two texts, at most `most` + 1. */
const distance = (a: string, b: string, most: number): number => {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      next.push(best);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? most + 1;
};

const longest = 60;

/** Returns the candidate nearest to `name` by spelling, case aside; undefined when none is near. */
export const nearName = (name: string, candidates: Iterable<string>): string | undefined => {
  const wanted = name.toLowerCase();
  if (wanted === '' || wanted.length > longest) return undefined;
  let most = Math.max(1, Math.floor(wanted.length / 3));
  let found: string | undefined;
  for (const candidate of candidates) {
    const away = distance(wanted, candidate.toLowerCase(), most);
    if (away > most) continue;
    if (found === undefined || away < most) found = candidate;
    most = Math.min(most, away);
  }
  return found;
};
