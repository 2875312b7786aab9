/** The ladder of ARCHITECTURE.md: a folder imports itself and lower levels only. */
const level = {
  core: 0, fhir: 1, store: 2, 'store-index': 2.5, 'store-sqlite': 3, 'store-mongo': 3, terminology: 3, audit: 3, scheduler: 3,
  search: 4, validation: 4, access: 5, interaction: 6,
  operation: 7, authorization: 7, subscription: 7, bulk: 7, concierge: 7, graphql: 7, sample: 7,
  rest: 8, portal: 8, cli: 8,
};
const names = Object.keys(level);
const allowedFor = (name) => names.filter((other) => other === name || level[other] < level[name])
  // What engines share is theirs alone.
  .filter((other) => other === name || !other.startsWith('store-') || (other === 'store-index' && name.startsWith('store-')));
const ladder = names.map((name) => {
  const extra = name === 'cli' ? ['config', 'compose'] : [];
  return {
    name: `ladder-${name}`,
    severity: 'error',
    comment: `src/${name} imports itself and lower levels only`,
    from: { path: `^src/${name}/` },
    to: { path: '^src/', pathNot: `^src/(${[...allowedFor(name), ...extra].join('|')})(/|\\.ts$)` },
  };
});
const home = (library, folders) => ({
  name: `home-of-${library.replace(/[^a-z0-9]/g, '-')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/(${folders})` },
  to: { path: `node_modules/(@types/)?${library}(/|$)` },
});
module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'engines-only-in-compose', severity: 'error', from: { path: '^src/', pathNot: '^src/(store-|compose/(engines|restore)\\.ts$)' }, to: { path: '^src/store-' } },
    { name: 'store-engines-see-core-fhir-store', severity: 'error', from: { path: '^src/store-' }, to: { path: '^src/', pathNot: '^src/(core|fhir|store|store-[a-z]+)/' } },
    { name: 'levels-of-three-are-separate', severity: 'error', from: { path: '^src/(terminology|audit|scheduler|search|validation|access|interaction|operation|rest|portal|cli)/' }, to: { path: '^src/store-' } },
    { name: 'config-for-main-compose-cli', severity: 'error', from: { path: '^src/', pathNot: '^src/(main\\.ts|compose/|cli/|config/)' }, to: { path: '^src/config/' } },
    home('express', 'rest|portal|authorization'),
    home('oidc-provider', 'authorization'),
    home('jose', 'authorization'),
    home('oauth4webapi', 'access|authorization'),
    home('nodemailer', 'authorization'),
    home('@simplewebauthn/server', 'authorization'),
    home('better-sqlite3', 'store-sqlite'),
    home('mongoose', 'store-mongo'),
    home('ajv', 'validation'),
    home('fhirpath', 'fhir/fhirpath'),
    home('node-cron', 'scheduler'),
    home('saxes', 'fhir'),
    home('pino', 'core/observe'),
    home('prom-client', 'core/observe|core/metrics'),
    ...ladder,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
