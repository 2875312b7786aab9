/** Limits and choices of the HTTP side; the names are those of the settings table. */
export interface HttpOptions {
  /** Origins of web apps that may call the API from a browser; `*` for any. */
  readonly corsOrigins: readonly string[];
  /** Largest request body in bytes, counted after decompression. */
  readonly maxBodyBytes: number;
  /** Bytes of all request bodies held at once, over all connections. */
  readonly maxBodyBytesHeld: number;
  /** Largest request line and header together. */
  readonly maxHeaderBytes: number;
  /** Header fields of one request. */
  readonly maxHeaders: number;
  /** Parameters in URL and form together. */
  readonly maxParams: number;
  /** Connections held at once; further ones are closed. */
  readonly maxConnections: number;
  /** Requests worked on at once; further ones are answered 503. */
  readonly maxInFlight: number;
  /** 0 is no limit. */
  readonly maxRequestsPerSocket: number;
  /** How long a client may take to send its header. */
  readonly headersSeconds: number;
  /** How long a client may take to send its whole request. */
  readonly requestSeconds: number;
  /** How long a client may read nothing of its answer. */
  readonly responseSeconds: number;
  readonly keepAliveSeconds: number;
  /** How long a stopping server finishes what it has begun. */
  readonly stopSeconds: number;
  /** How often the times above are checked, in milliseconds. */
  readonly checkEvery: number;
  /** Answers of at least this many bytes are compressed for clients that accept it. */
  readonly compressFrom: number;
}

/** What holds where nothing else is said; the same as in the settings table. */
export const httpDefaults: HttpOptions = {
  corsOrigins: [],
  maxBodyBytes: 32 * 1024 ** 2,
  maxBodyBytesHeld: 256 * 1024 ** 2,
  maxHeaderBytes: 16 * 1024,
  maxHeaders: 100,
  maxParams: 1_000,
  maxConnections: 10_000,
  maxInFlight: 512,
  maxRequestsPerSocket: 100_000,
  headersSeconds: 10,
  requestSeconds: 30,
  responseSeconds: 60,
  keepAliveSeconds: 5,
  stopSeconds: 10,
  checkEvery: 1_000,
  compressFrom: 1_024,
};
