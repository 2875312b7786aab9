/** Bounds what is remembered of what clients send: a Map keeps its order, so its first entry is the one set longest ago. */

/** Sets the entry as the newest of the map; the oldest goes when there are more than `most`. */
export const keepNewest = <K, V>(map: Map<K, V>, { key, value, most }: { readonly key: K; readonly value: V; readonly most: number }): void => {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  const { value: oldest, done } = map.keys().next();
  if (done !== true) map.delete(oldest);
};
