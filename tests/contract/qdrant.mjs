// Qdrant: every request the program sends and every answer its stub gives, against the types that the vendor's client ships (generated
// from Qdrant's own OpenAPI description).
//   node qdrant.mjs EXCHANGES.jsonl      lines of {method, path, query, body, status, answer}
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';
import ts from 'typescript';

// Every kind of request the program knows; a recording that lacks one proves nothing about it.
const ours = [
  'GET /', 'GET /collections/{collection_name}', 'PUT /collections/{collection_name}', 'PUT /collections/{collection_name}/index',
  'PUT /collections/{collection_name}/points', 'POST /collections/{collection_name}/points/delete', 'POST /collections/{collection_name}/points/query',
  'POST /collections/{collection_name}/points/scroll', 'POST /collections/{collection_name}/points/count',
];

const here = path.dirname(fileURLToPath(import.meta.url));
const types = path.join(here, 'node_modules/@qdrant/js-client-rest/dist/types/openapi/generated_schema.d.ts');
const source = ts.createSourceFile(types, fs.readFileSync(types, 'utf8'), ts.ScriptTarget.Latest, true);
const interfaces = new Map(source.statements.filter(ts.isInterfaceDeclaration).map((i) => [i.name.text, i]));

const nameOf = (member) => (ts.isStringLiteral(member.name) || ts.isIdentifier(member.name) || ts.isNumericLiteral(member.name) ? member.name.text : undefined);
const member = (node, name) => (node?.members ?? []).find((m) => ts.isPropertySignature(m) && nameOf(m) === name)?.type;
const within = (node, ...names) => names.reduce(member, node);

/** openapi-typescript writes a nullable reference as `X | (Record<string, unknown> | null)`; what it means is X or null. */
const isNullable = (node) => ts.isUnionTypeNode(node) && node.types.length === 2 && /^Record<string, unknown>$/.test(node.types[0].getText()) && node.types[1].getText() === 'null';

/** The type as JSON schema; a field that the type does not name is refused. */
function schemaOf(node) {
  if (ts.isParenthesizedTypeNode(node)) return schemaOf(node.type);
  if (isNullable(node)) return { type: 'null' };
  if (ts.isUnionTypeNode(node)) return { anyOf: node.types.filter((t) => t.kind !== ts.SyntaxKind.UndefinedKeyword).map(schemaOf) };
  if (ts.isArrayTypeNode(node)) return { type: 'array', items: schemaOf(node.elementType) };
  if (ts.isIndexedAccessTypeNode(node)) return { $ref: `#/$defs/${node.indexType.literal.text}` };
  if (ts.isLiteralTypeNode(node)) return node.literal.kind === ts.SyntaxKind.NullKeyword ? { type: 'null' } : { const: ts.isStringLiteral(node.literal) ? node.literal.text : JSON.parse(node.getText()) };
  if (ts.isTypeReferenceNode(node) && node.typeName.getText() === 'OneOf') return { anyOf: node.typeArguments[0].elements.map(schemaOf) };
  if (ts.isTypeReferenceNode(node) && node.typeName.getText() === 'Record') return { type: 'object' };
  if (ts.isTypeLiteralNode(node)) {
    const schema = { type: 'object', properties: {}, required: [], additionalProperties: false };
    for (const m of node.members) {
      if (ts.isIndexSignatureDeclaration(m)) {
        schema.additionalProperties = schemaOf(m.type);
      } else {
        schema.properties[nameOf(m)] = schemaOf(m.type);
        if (!m.questionToken) schema.required.push(nameOf(m));
      }
    }
    return schema;
  }
  const plain = { StringKeyword: 'string', NumberKeyword: 'number', BooleanKeyword: 'boolean' };
  for (const [kind, type] of Object.entries(plain)) if (node.kind === ts.SyntaxKind[kind]) return { type };
  if (node.kind === ts.SyntaxKind.UnknownKeyword) return {};
  throw new Error(`a kind of type this does not know: ${ts.SyntaxKind[node.kind]} ${node.getText().slice(0, 80)}`);
}

const schemas = within(interfaces.get('components'), 'schemas');
const $defs = Object.fromEntries(schemas.members.map((m) => [nameOf(m), schemaOf(m.type)]));
const ajv = new Ajv({ strict: false, allErrors: false });
const compiled = new Map();
function problemsOf(what, node, text) {
  if (!compiled.has(node)) compiled.set(node, ajv.compile({ ...schemaOf(node), $defs }));
  const valid = compiled.get(node);
  return valid(JSON.parse(text)) ? [] : valid.errors.slice(0, 3).map((e) => `${what} ${e.instancePath.replace(/\/\d+/g, '/#')} ${e.message} ${JSON.stringify(e.params)}`);
}

const endpoints = interfaces.get('paths').members.flatMap((p) =>
  p.type.members.map((m) => ({
    name: `${nameOf(m).toUpperCase()} ${nameOf(p)}`,
    method: nameOf(m).toUpperCase(),
    pattern: new RegExp(`^${nameOf(p).replace(/\{[^}]+\}/g, '[^/]+')}$`),
    operation: member(interfaces.get('operations'), m.type.indexType.literal.text),
  })),
);

function check(exchange) {
  const endpoint = endpoints.find((e) => e.method === exchange.method && e.pattern.test(exchange.path));
  if (!endpoint) return { name: `${exchange.method} ${exchange.path}`, problems: ['the vendor knows no such request'] };
  const problems = [];
  const known = new Set((within(endpoint.operation, 'parameters', 'query')?.members ?? []).map(nameOf));
  for (const name of new URLSearchParams(exchange.query).keys()) if (!known.has(name)) problems.push(`unknown parameter ${name}`);
  const body = within(endpoint.operation, 'requestBody', 'content', 'application/json');
  if (body) problems.push(...(exchange.body ? problemsOf('request', body, exchange.body) : ['no request body']));
  if (!body && exchange.body) problems.push('a request body where there is none');
  // A missing key is answered in plain text.
  if (exchange.status !== 401) {
    const answer = within(endpoint.operation, 'responses', exchange.status >= 400 ? '4XX' : String(exchange.status), 'content', 'application/json');
    problems.push(...(answer ? problemsOf('answer', answer, exchange.answer) : [`status ${exchange.status} is not described`]));
  }
  return { name: endpoint.name, problems };
}

const exchanges = fs.readFileSync(process.argv[2], 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const results = new Map(ours.map((name) => [name, { exchanges: 0, problems: new Map() }]));
for (const exchange of exchanges) {
  const { name, problems } = check(exchange);
  const entry = results.get(name) ?? { exchanges: 0, problems: new Map([['not one of ours', 1]]) };
  entry.exchanges += 1;
  for (const problem of problems) entry.problems.set(problem, (entry.problems.get(problem) ?? 0) + 1);
  results.set(name, entry);
}
let bad = 0;
for (const [name, { exchanges: count, problems }] of results) {
  if (count === 0) problems.set('never recorded', 1);
  console.log(`${problems.size > 0 ? 'FAIL' : 'ok  '}  qdrant ${name}: ${count} exchanges`);
  for (const [problem, times] of [...problems].slice(0, 8)) console.log(`      ${problem} (${times} times)`);
  bad += problems.size;
}
process.exit(bad > 0 ? 1 : 0);
