// Jira's OpenAPI description, where a file is at hand: parameters, request bodies and answers.
import fs from 'node:fs';
import Ajv from 'ajv';

/** OpenAPI 3.0 to JSON Schema: `nullable` becomes a type; examples and vendor keys go. */
function toJsonSchema(node) {
  if (Array.isArray(node)) return node.map(toJsonSchema);
  if (node === null || typeof node !== 'object') return node;
  const out = {};
  for (const [key, value] of Object.entries(node)) {
    if (['example', 'examples', 'xml', 'externalDocs', 'discriminator', 'deprecated', 'writeOnly', 'readOnly', 'nullable'].includes(key) || key.startsWith('x-')) continue;
    out[key] = toJsonSchema(value);
  }
  if (node.nullable && typeof out.type === 'string') out.type = [out.type, 'null'];
  if (typeof out.format === 'string') delete out.format;
  return out;
}

export function openApiChecks(file) {
  const spec = JSON.parse(fs.readFileSync(file, 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: 'spec', components: toJsonSchema(spec.components) });
  const compiled = new Map();
  const validator = (schema) => {
    const text = JSON.stringify(toJsonSchema(schema)).replaceAll('"#/components', '"spec#/components');
    if (!compiled.has(text)) compiled.set(text, ajv.compile(JSON.parse(text)));
    return compiled.get(text);
  };
  const operations = Object.entries(spec.paths).flatMap(([template, item]) =>
    Object.entries(item)
      .filter(([method]) => ['get', 'post', 'put', 'delete'].includes(method))
      .map(([method, operation]) => ({
        template, method: method.toUpperCase(), operation,
        pattern: new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`),
        literal: (template.match(/\{/g) ?? []).length,
        parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])],
      })),
  ).sort((a, b) => a.literal - b.literal);
  const check = (what, schema, value) => {
    const valid = validator(schema);
    return valid(value) ? [] : valid.errors.slice(0, 5).map((e) => `${what} ${e.instancePath.replace(/\/\d+/g, '/#')} ${e.message} ${JSON.stringify(e.params)}`);
  };
  return [{
    name: 'jira OpenAPI description',
    run(exchange) {
      const found = operations.find((o) => o.method === exchange.method && o.pattern.test(exchange.path));
      if (!found) return undefined;
      const problems = [];
      const known = new Set(found.parameters.filter((p) => p.in === 'query').map((p) => p.name));
      for (const name of exchange.query.keys()) if (!known.has(name)) problems.push(`${found.template}: unknown parameter ${name}`);
      for (const p of found.parameters) if (p.in === 'query' && p.required && !exchange.query.has(p.name)) problems.push(`${found.template}: parameter ${p.name} is required`);
      const body = found.operation.requestBody?.content?.['application/json']?.schema;
      if (body && exchange.body) problems.push(...check(`${found.template} request`, body, JSON.parse(exchange.body)));
      const answer = found.operation.responses[exchange.status];
      if (!answer) problems.push(`${found.template}: status ${exchange.status} is not described`);
      const schema = answer?.content?.['application/json']?.schema;
      if (schema) problems.push(...check(`${found.template} answer`, schema, JSON.parse(exchange.answer)));
      return problems;
    },
  }];
}
