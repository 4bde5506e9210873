// GitHub: every GraphQL request is valid against the published schema, and so is every answer. An answer is checked by executing the request
// with the answer as its data: wrong types, nulls where none may be, unknown enum values and missing fields all become errors.
import { schema as github } from '@octokit/graphql-schema';
import { buildSchema, execute, parse, validate } from 'graphql';

const schema = buildSchema(github.idl, { assumeValidSDL: true });
const MISSING = Symbol('missing');

function answerProblems(document, variables, data) {
  const missing = new Set();
  const result = execute({
    schema,
    document,
    variableValues: variables,
    rootValue: data,
    // Aliases: the answer is keyed by the response name, which the path ends with.
    fieldResolver: (source, _args, _context, info) => {
      const key = info.path.key;
      if (!(key in source)) missing.add(`${info.parentType.name}.${info.fieldName} is missing`);
      return source[key] === undefined ? MISSING : source[key];
    },
    typeResolver: (value) => value.__typename ?? kindOf(value),
  });
  return [...missing, ...(result.errors ?? []).map((e) => e.message)];
}

/** Which object an abstract field holds when the query did not ask for __typename: by the node id's letters. */
function kindOf(value) {
  const prefix = /^([A-Z]+)_/.exec(value.id ?? '')?.[1];
  return { PR: 'PullRequest', PRT: 'PullRequestReviewThread', PRRT: 'PullRequestReviewThread', R: 'Repository', U: 'User', BOT: 'Bot', O: 'Organization' }[prefix] ?? 'PullRequest';
}

const rest = [
  [/^(\/api\/v3)?\/user$/, ['login', 'id', 'type']],
  [/^(\/api\/v3)?\/user\/repos$/, ['id', 'name', 'full_name', 'owner']],
  [/^(\/api\/v3)?\/repos\/[^/]+\/[^/]+$/, ['id', 'name', 'full_name', 'owner', 'default_branch']],
  [/^(\/api\/v3)?\/repos\/[^/]+\/[^/]+\/pulls\/comments$/, ['id', 'pull_request_url', 'user', 'body', 'path', 'created_at', 'updated_at', 'commit_id']],
  [/^(\/api\/v3)?\/repos\/[^/]+\/[^/]+\/issues\/comments$/, ['id', 'issue_url', 'user', 'created_at', 'updated_at']],
  [/^(\/api\/v3)?\/repos\/[^/]+\/[^/]+\/(pulls|deployments|releases)$/, ['id', 'url', 'created_at']],
];

export function githubChecks() {
  const graphql = {
    name: 'github POST /graphql',
    run(exchange) {
      if (!/(^|\/)graphql$/.test(exchange.path)) return undefined;
      const { query, variables } = JSON.parse(exchange.body);
      const document = parse(query);
      const invalid = validate(schema, document).map((e) => `request: ${e.message}`);
      if (invalid.length > 0) return invalid;
      const answer = JSON.parse(exchange.answer);
      if (answer.errors) return [`answered with errors: ${JSON.stringify(answer.errors).slice(0, 300)}`];
      return answerProblems(document, variables, answer.data).map((p) => `answer: ${p}`);
    },
  };
  const restCheck = {
    name: 'github REST',
    run(exchange) {
      const known = rest.find(([pattern]) => pattern.test(exchange.path));
      if (!known) return undefined;
      if (exchange.status === 304) return [];
      if (exchange.status !== 200) return [`${exchange.path} answered ${exchange.status}`];
      const body = JSON.parse(exchange.answer);
      const objects = Array.isArray(body) ? body : [body];
      return objects.flatMap((o) => known[1].filter((field) => !(field in o)).map((field) => `${known[0].source}: no ${field}`));
    },
  };
  return [graphql, restCheck];
}
