/** All members of a type, undefined ones too: what is written out member by member for speed cannot lose one that is added later. */
export type Whole<T> = { readonly [K in keyof Required<T>]: T[K] };
