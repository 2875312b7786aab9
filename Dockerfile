# docker build -t concierge-fhir . && docker run --network host -e AUTH=open -v concierge:/data concierge-fhir
# AUTH=open is for loopback alone, so the container shares the network of the machine; no port is published.

# Stage 1 compiles: better-sqlite3 may need a compiler, TypeScript and the definitions are build-time only.
FROM node:20-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
COPY test ./test
COPY bin ./bin
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

# Stage 2 runs: no compiler, no sources, no root.
FROM node:20-bookworm-slim
ENV NODE_ENV=production HOST=127.0.0.1 PORT=8080 DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist/src ./dist/src
COPY --from=build /app/generated ./generated
COPY profiles ./profiles
COPY --from=build /app/bin ./bin
RUN mkdir -m 700 /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "bin/concierge.js", "serve"]
