/**
 * Enforcement points: what each is, the exact text of the compiled server that does it, what would stand there without it, and the cases
 * of the security design that must then fail. A text that is not found is a failure: a point that has moved is looked at again.
 */
export interface Point {
  readonly name: string;
  /** Below `dist/src`. */
  readonly file: string;
  readonly text: string;
  readonly without: string;
  readonly cases: readonly string[];
}

const gate = 'interaction/gate.js';
const everyone = '{ kind: \'open\', key: \'open\' }';

const reading: readonly Point[] = [
  { name: 'read', file: gate, text: 'shownIf(context, version, await isVisible(context, access, version));', without: 'version;', cases: ['B1'] },
  { name: 'deleted', file: 'interaction/visible.js', text: 'return maySee(access, told,', without: 'return version.body === undefined || maySee(access, told,', cases: ['D4'] },
  { name: 'context of a Binary', file: 'interaction/visible.js', text: ' || !(await isVisible(context, readAccess(context), target))', without: '', cases: ['F-1'] },
  { name: 'context of a Binary: change', file: 'interaction/visible.js', text: 'return await isVisible(context, updateAccess(context), target) ? mark : noMarks;', without: 'return mark;', cases: ['F-2'] },
  { name: 'vread: that version', file: gate, text: 'if (isCurrentShown && shown !== undefined)\n        return shown;', without: 'if (isCurrentShown && version !== undefined)\n        return version;', cases: ['D2'] },
  { name: 'vread: the current one', file: gate, text: 'if (isCurrentShown && shown', without: 'if (shown', cases: ['D2'] },
  { name: 'history of an instance: whether', file: 'interaction/history.js', text: 'if ((await lookUp(context, { type, id })) === undefined)', without: 'if ((await context.service.store.read({ type, id })) === undefined)', cases: ['D1'] },
  { name: 'history of an instance: which versions', file: gate, text: 'if (await isVisible(context, lookAccess(context), version))\n                visible.push(version);', without: 'visible.push(version);', cases: ['D2', 'D5'] },
  { name: 'history of a type and of the system', file: 'access/permit.js', text: 'if (demand.unbound === true && rights.some((right) => right !== \'all\'))', without: 'if (false)', cases: ['D5'] },
  { name: 'history of the system: every type', file: 'access/permit.js', text: 'rights.some((right) => right !== \'all\')', without: 'rights.some((right) => right !== \'all\' && right !== \'none\')', cases: ['D5'] },
  { name: '$meta', file: 'operation/record/meta.js', text: 'await lookUp(context, keyOf(context))', without: 'await context.service.store.read(keyOf(context))', cases: ['B19'] },
  { name: '$everything', file: 'operation/record/everything.js', text: '(await lookUp(context, focus))?.body === undefined', without: '(await context.service.store.read(focus))?.body === undefined', cases: ['E1'] },
  { name: '$lastn', file: 'operation/record/lastn.js', text: 'await find(context, { ...plan, after }', without: 'await context.service.store.search({ ...plan, after }', cases: ['B19'] },
  { name: '$validate', file: 'operation/validate.js', text: 'if ((await lookUp(context, { type, id }))?.body === undefined)', without: 'if ((await context.service.store.read({ type, id }))?.body === undefined)', cases: ['E9'] },
];

const searching: readonly Point[] = [
  { name: 'search', file: 'access/restrict.js', text: 'return { ...plan, types, where: both(own, asked) };', without: 'return { ...plan, types, where: asked };', cases: ['B5'] },
  { name: 'search of all types', file: gate, text: 'store.search(restricted(context, plan), run)', without: 'store.search(context.request.interaction === \'search-system\' ? plan : restricted(context, plan), run)', cases: ['B5'] },
  { name: 'compartment search', file: gate, text: 'store.search(restricted(context, plan), run)', without: 'store.search(context.request.compartment !== undefined ? plan : restricted(context, plan), run)', cases: ['B6'] },
  { name: 'sort', file: gate, text: 'store.search(restricted(context, plan), run)', without: 'store.search(plan.sort !== undefined ? plan : restricted(context, plan), run)', cases: ['B17'] },
  { name: 'total', file: gate, text: 'store.count(restricted(context, plan), run)', without: 'store.count(plan.count > 0 ? plan : restricted(context, plan), run)', cases: ['B16'] },
  { name: 'count alone', file: gate, text: 'store.count(restricted(context, plan), run)', without: 'store.count(plan.count === 0 ? plan : restricted(context, plan), run)', cases: ['B16'] },
  { name: '_include', file: 'interaction/include.js', text: 'await lookUp(context, { type, id })', without: 'await context.service.store.read({ type, id })', cases: ['B8', 'B11'] },
  { name: '_include of a version', file: 'interaction/include.js', text: 'await lookUpVersion(context, { type, id }, number)', without: 'await context.service.store.read({ type, id }, number)', cases: ['B8-version'] },
  { name: '_revinclude', file: 'interaction/include.js', text: 'await find(context, { ...plan, count: mostIncluded, after }', without: 'await context.service.store.search({ ...plan, count: mostIncluded, after }', cases: ['B7', 'B10'] },
  { name: ':iterate', file: 'interaction/include.js', text: 'follow(step, include)', without: `follow(include.iterate ? { ...step, context: { ...step.context, viewer: ${everyone} } } : step, include)`, cases: ['B9'] },
  { name: 'chain: what it reaches', file: 'access/restrict.js', text: 'where: typeof right === \'string\' ? where : { op: \'and\', of: [right, where] } })));', without: 'where })));', cases: ['B15'] },
  { name: 'chain: scope', file: 'access/restrict.js', text: 'if (seen.length === 0)\n        throw beyond(chain.types);', without: 'if (seen.length === 0)\n        return chain;', cases: ['B12'] },
  { name: '_has: what refers', file: 'access/restrict.js', text: 'case \'has\': {\n            const right = rightTo({ ...access, permissions: [\'s\'] }, where.type);', without: 'case \'has\': {\n            const right = rightTo({ ...access, permissions: [\'s\'] }, where.type) === \'none\' ? \'none\' : \'all\';', cases: ['B14'] },
  { name: '_has: scope', file: 'access/restrict.js', text: 'case \'has\': {\n            const right = rightTo({ ...access, permissions: [\'s\'] }, where.type);\n            if (right === \'none\')\n                throw beyond([where.type]);', without: 'case \'has\': {\n            const right = rightTo({ ...access, permissions: [\'s\'] }, where.type);\n            if (right === \'none\')\n                return where;', cases: ['B13'] },
  { name: 'page link', file: 'search/page-link.js', text: 'JSON.stringify([criteria, viewerKey])', without: 'JSON.stringify([criteria])', cases: ['B18'] },
  { name: 'how a search was run', file: 'interaction/explain.js', text: 'some((type) => isBoundTo(context, type))', without: 'some(() => false)', cases: ['B-explain'] },
  { name: 'private value sets', file: gate, text: 'const usable = (type) => mayReadAll(context, type);', without: 'const usable = () => true;', cases: ['B-codes'] },
];

const scopes: readonly Point[] = [
  { name: 'sign-in', file: 'access/permit.js', text: 'if (viewer.kind === \'anonymous\')', without: 'if (viewer.kind === \'anonymous\')\n        return;\n    if (false)', cases: ['B18'] },
  { name: 'type and letter', file: 'interaction/perform.js', text: 'checkRequest(context);', without: '', cases: ['C17'] },
  { name: 'granular parameters', file: 'access/right.js', text: 'return reach === \'all\' ? narrowed : { op: \'and\', of: [reach, narrowed] };', without: 'return reach;', cases: ['B19'] },
  { name: 'membership is exact', file: 'access/compartment.js', text: 'compartmentParams(\'Patient\', type));', without: '[...compartmentParams(\'Patient\', type), \'focus\']);', cases: ['B2'] },
  { name: 'devices of others', file: 'access/compartment.js', text: 'kind: \'reference\' }))]);', without: 'kind: \'reference\' })), { op: \'not\', of: nothing }]);', cases: ['B23'] },
  { name: 'universal types are read only', file: 'access/right.js', text: 'return permission === \'r\' || permission === \'s\' ? \'all\' : \'none\';', without: 'return \'all\';', cases: ['C22'] },
  { name: 'Consents and labels', file: 'access/right.js', text: 'if (right === \'none\' || withheld === undefined)', without: 'if (true)', cases: ['B-consent', 'B-label', 'D3'] },
  { name: 'history of many, withheld', file: gate, text: 'return id === undefined ? historyOfMany(context, query)', without: 'return id === undefined ? context.service.store.history(query)', cases: ['D-withheld'] },
  { name: 'relation rules', file: 'access/work.js', text: 'if (own === undefined && names === undefined)', without: 'if (own !== undefined)\n        return \'all\';\n    if (own === undefined && names === undefined)', cases: ['B32'] },
  { name: 'relations as of now', file: 'interaction/standing.js', text: 'return viewer;\n            await catchUp();', without: 'return viewer;', cases: ['B32-next'] },
];

const writing: readonly Point[] = [
  { name: 'batch entry', file: 'interaction/batch.js', text: 'perform(context.service, context.viewer, entry.request)', without: `perform(context.service, ${everyone}, entry.request)`, cases: ['C14'] },
  { name: 'transaction entry: letter', file: 'interaction/transaction-prepare.js', text: 'checkRequest(context);', without: '', cases: ['C17'] },
  { name: 'transaction entry: what is there', file: 'interaction/transaction-identity.js', text: 'return { ...plain, key, current: await lookUp(context, key) };', without: 'return { ...plain, key, current: await context.service.store.read(key) };', cases: ['C13'] },
  { name: 'transaction entry: read', file: 'interaction/transaction.js', text: 'perform(context.service, context.viewer, entry.request)', without: `perform(context.service, ${everyone}, entry.request)`, cases: ['C16'] },
  ...([['conditional create', 'create', 'C9'], ['conditional update', 'conditional-update', 'C8'], ['conditional patch', 'conditional-patch', 'C11'], ['conditional delete', 'conditional-delete', 'C10']] as const).map(([name, interaction, id]): Point => ({ name: `${name}: match`, file: 'interaction/match.js', text: 'await find(context, plan)', without: `await (context.request.interaction === '${interaction}' ? context.service.store.search(plan) : find(context, plan))`, cases: [id] })),
  { name: 'conditional reference', file: 'interaction/match.js', text: 'await find(context, plan)', without: 'await (context.request.interaction === \'batch-or-transaction\' ? context.service.store.search(plan) : find(context, plan))', cases: ['C18'] },
  ...([['create', 'POST', 'C2'], ['update', 'PUT', 'C3'], ['patch', 'PATCH', 'C4']] as const).map(([name, method, id]): Point => ({ name: `${name}: what comes out`, file: 'interaction/change.js', text: 'await checkMayStore(context, method', without: `if (method !== '${method}')\n        await checkMayStore(context, method`, cases: [id] })),
  { name: 'what ties people to patients', file: gate, text: 'if (viewer.kind === \'token\' && widens(', without: 'if (false && widens(', cases: ['C23'] },
  { name: 'labels', file: 'interaction/change.js', text: 'checkLabels(context,', without: 'void (', cases: ['C20'] },
  { name: 'update: what is there', file: 'interaction/update.js', text: 'current: await lookUp(context, { type: incoming.type, id }) });', without: 'current: await context.service.store.read({ type: incoming.type, id }) });', cases: ['C3', 'C6'] },
  { name: 'patch: what is there', file: 'interaction/patch.js', text: 'await lookUp(context, key)', without: 'await context.service.store.read(key)', cases: ['C4'] },
  { name: 'delete: what is there', file: 'interaction/delete.js', text: 'await lookUp(context, key)', without: 'await context.service.store.read(key)', cases: ['C6'] },
  { name: 'no update creates', file: 'interaction/update.js', text: 'if (whyNot !== undefined)\n        throw whyNot;', without: '', cases: ['C6'] },
  { name: 'no update creates where something is withheld', file: 'interaction/update.js', text: 'isWithheldFrom(context, key.type) || ', without: '', cases: ['S8-system'] },
  { name: 'tags', file: 'interaction/label.js', text: 'if (!isNew && !mayChangeTags(', without: 'if (false && !mayChangeTags(', cases: ['C5'] },
  { name: 'answer to a patch', file: 'interaction/answer.js', text: 'context.request.interaction.endsWith(\'patch\') && !maySee(readAccess(context), version)', without: 'false', cases: ['C-unread'] },
  { name: 'difference of a dry run', file: 'interaction/trial.js', text: 'if (before?.body !== undefined && !maySee(readAccess(context), before))', without: 'if (false)', cases: ['C-unread'] },
  { name: 'kept answer', file: 'interaction/gate.js', text: 'for (const access of accesses)', without: 'return true;\n    for (const access of accesses)', cases: ['C-replay'] },
  { name: 'what refers to what is deleted', file: gate, text: 'if (viewer.kind !== \'token\')', without: 'if (true)', cases: ['C-referrers'] },
];

const watching: readonly Point[] = [
  { name: 'who saw', file: 'operation/audit/who-saw.js', text: 'if (!isOwn(context.viewer, id) && isBoundByToken(context, \'AuditEvent\'))', without: 'if (false)', cases: ['I2-who'] },
  { name: 'audit search', file: 'access/compartment.js', text: 'if (sources.length === 0)\n        return undefined;', without: 'if (sources.length === 0)\n        return undefined;\n    if (type === \'AuditEvent\')\n        return { op: \'not\', of: nothing };', cases: ['I2-search'] },
];

const withholding: readonly Point[] = [
  { name: 'what is withheld', file: 'access/right.js', text: 'if (right === \'none\' || withheld === undefined)', without: 'if (true)', cases: ['S8-deny'] },
  { name: 'Consents as of now', file: 'interaction/standing/withholding.js', text: 'before.book === gathered.book && ', without: '', cases: ['S8-deny'] },
  { name: 'history of many', file: gate, text: 'return id === undefined ? historyOfMany(context, query)', without: 'return id === undefined ? context.service.store.history(query)', cases: ['S8-system'] },
  { name: 'labels', file: 'access/withheld.js', text: 'return every([beyond(labelRights[role]), not(shown)]);', without: 'return false;', cases: ['D3-label'] },
  { name: 'change of labels', file: 'interaction/change.js', text: 'checkLabels(context, incoming, former);', without: '', cases: ['D3-label'] },
  { name: 'permit to oneself', file: gate, text: 'permitsOneself(viewer, value, baseUrl)', without: 'false', cases: ['S8-permit'] },
  { name: 'only what the permit is about', file: 'access/consent/withhold.js', text: 'const beyond = flags.isOnlyPermitted', without: 'const beyond = false', cases: ['S8-permit'] },
  { name: 'lent reach makes no relation', file: 'access/widen.js', text: 'lent.has(rule)', without: 'false', cases: ['I6', 'S8-permit'] },
  { name: 'break-glass is written by the server', file: 'access/withheld.js', text: 'byServer(type, permission)])', without: 'false])', cases: ['I6'] },
  { name: 'break-glass needs a reason', file: 'operation/access/break-glass.js', text: 'if (reason.length >= shortest && reason.length <= longest)', without: 'if (true)', cases: ['I6'] },
  { name: 'break-glass is for practitioners', file: 'operation/access/break-glass.js', text: 'return reads && (', without: 'return fhirUser === undefined ? \'Practitioner/P\' : (', cases: ['I6'] },
  { name: 'explaining of others', file: 'operation/access/explain-access.js', text: 'if (!administers(context) &&', without: 'if (false &&', cases: ['S8-explain'] },
];

export const points: readonly Point[] = [...reading, ...searching, ...scopes, ...writing, ...watching, ...withholding];
