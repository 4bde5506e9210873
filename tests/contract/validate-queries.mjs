// Validates every query the GitHub connector sends against GitHub's published schema, and computes
// what it costs by GitHub's rules: first or last within 1..100, at most 500,000 nodes, one point per
// 100 requests, rounded. Reads the same files the program embeds. Run: npm ci && npm run validate
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { schema as github } from '@octokit/graphql-schema';
import { buildSchema, getNamedType, Kind, parse, validate } from 'graphql';

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = path.join(here, '../../src/pulse/source/github/queries');
const maxPoints = 1;
const schema = buildSchema(github.idl, { assumeValidSDL: true });

/** Connection requests and nodes of an operation, fragments followed where they are spread. */
function costOf(document) {
  const fragments = new Map();
  const defaults = {};
  const problems = [];
  const deprecated = [];
  let requests = 0;
  let nodes = 0;
  const operation = document.definitions.find((d) => d.kind === Kind.OPERATION_DEFINITION);
  for (const d of document.definitions) if (d.kind === Kind.FRAGMENT_DEFINITION) fragments.set(d.name.value, d);
  for (const v of operation.variableDefinitions ?? []) {
    if (v.defaultValue) defaults[v.variable.name.value] = Number(v.defaultValue.value);
  }

  const walk = (selectionSet, type, parents) => {
    for (const s of selectionSet?.selections ?? []) {
      if (s.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(s.name.value);
        walk(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value), parents);
      } else if (s.kind === Kind.INLINE_FRAGMENT) {
        walk(s.selectionSet, s.typeCondition ? schema.getType(s.typeCondition.name.value) : type, parents);
      } else if (s.name.value !== '__typename') {
        const field = type.getFields()[s.name.value];
        if (!field) continue; // validate() names it
        if (field.deprecationReason) deprecated.push(`${type.name}.${s.name.value}`);
        const next = getNamedType(field.type);
        let below = parents;
        if (/Connection$/.test(next.name)) {
          const size = s.arguments.find((a) => ['first', 'last'].includes(a.name.value))?.value;
          const count = size?.kind === Kind.VARIABLE ? defaults[size.name.value] : Number(size?.value);
          if (!(count >= 1 && count <= 100)) problems.push(`${s.name.value}: ${count} is outside 1..100`);
          requests += parents;
          nodes += parents * count;
          below = parents * count;
        }
        walk(s.selectionSet, next, below);
      }
    }
  };
  walk(operation.selectionSet, schema.getQueryType(), 1);
  if (nodes > 500_000) problems.push(`${nodes} nodes is over 500,000`);
  return { requests, nodes, points: Math.max(1, Math.round(requests / 100)), problems, deprecated };
}

let bad = 0;
const files = fs.readdirSync(folder).filter((f) => f.endsWith('.graphql')).sort();
for (const file of files) {
  const document = parse(fs.readFileSync(path.join(folder, file), 'utf8'));
  const cost = costOf(document);
  const problems = [...validate(schema, document).map((e) => e.message), ...cost.problems];
  if (cost.deprecated.length > 0) problems.push(`deprecated: ${cost.deprecated.join(', ')}`);
  if (cost.points > maxPoints) problems.push(`costs ${cost.points} points, more than ${maxPoints}`);
  if (problems.length > 0) bad += 1;
  const verdict = problems.length > 0 ? problems.join('; ') : 'valid';
  console.log(`${file}: ${verdict} (requests ${cost.requests}, points ${cost.points}, nodes ${cost.nodes})`);
}
if (files.length === 0) throw new Error(`no queries in ${folder}`);
process.exit(bad > 0 ? 1 : 0);
