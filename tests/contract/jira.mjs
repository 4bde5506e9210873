// Jira Cloud: requests and answers against the client schemas of jira.js (generated from Atlassian's own description).
import * as cloud from 'jira.js/cloud';
import * as agile from 'jira.js/agile';
import { z } from 'zod';

const page = (item) => z.looseObject({ values: z.array(item), startAt: z.number(), maxResults: z.number(), isLast: z.boolean().optional() });
const v = '/rest/api/[23]';
// [method, path, answer schema, request schema]; the first that matches claims the exchange.
const endpoints = [
  ['GET', `${v}/serverInfo`, cloud.ServerInformationSchema],
  ['GET', `${v}/myself`, cloud.UserDetailsSchema],
  ['GET', `${v}/field`, z.array(cloud.FieldDetailsSchema)],
  ['GET', `${v}/issuetype`, z.array(cloud.IssueTypeDetailsSchema)],
  ['GET', `${v}/status`, z.array(cloud.StatusDetailsSchema)],
  ['GET', `${v}/project/search`, page(cloud.ProjectSchema)],
  ['GET', `${v}/project/[^/]+/statuses`, z.array(cloud.IssueTypeWithStatusSchema)],
  ['GET', `${v}/statuses/search`, cloud.PageOfStatusesSchema],
  ['(GET|POST)', `${v}/search/jql`, cloud.SearchAndReconcileResultsSchema, cloud.SearchAndReconcileRequestSchema],
  ['POST', `${v}/search/approximate-count`, cloud.JQLCountResultsSchema],
  ['POST', `${v}/issue/bulkfetch`, cloud.BulkIssueResultsSchema, cloud.BulkFetchIssueRequestSchema],
  ['POST', `${v}/changelog/bulkfetch`, cloud.BulkChangelogResponseSchema, cloud.BulkChangelogRequestSchema],
  ['GET', `${v}/issue/[^/]+/changelog`, page(cloud.ChangelogSchema)],
  ['GET', `${v}/issue/[^/]+/comment`, cloud.PageOfCommentsSchema],
  ['GET', `${v}/issue/[^/]+/worklog`, cloud.PageOfWorklogsSchema],
  ['GET', '/rest/agile/1.0/board', agile.GetAllBoardsSchema],
  ['GET', '/rest/agile/1.0/board/[^/]+/configuration', agile.GetConfigurationSchema],
  ['GET', '/rest/agile/1.0/board/[^/]+/sprint', agile.GetAllSprintsSchema],
  ['GET', '/rest/agile/1.0/sprint/[^/]+', agile.SprintSchema],
].map(([method, path, answer, request]) => {
  if (!answer) throw new Error(`jira.js has no schema for ${path}`);
  return { method: new RegExp(`^${method}$`), path: new RegExp(`^${path}$`), name: `jira ${method} ${path}`, answer, request };
});

const problemsOf = (what, schema, value) => {
  const result = schema.safeParse(value);
  return result.success ? [] : result.error.issues.map((i) => `${what} ${i.path.map((p) => (typeof p === 'number' ? '#' : p)).join('.')}: ${i.message}`);
};

export function jiraChecks() {
  return endpoints.map((endpoint, index) => ({
    name: endpoint.name,
    run(exchange) {
      const first = endpoints.findIndex((e) => e.method.test(exchange.method) && e.path.test(exchange.path));
      if (first !== index) return undefined;
      if (exchange.status >= 400) return exchange.path.includes('/board/') && exchange.status === 400 ? [] : [`answered ${exchange.status}: ${exchange.answer.slice(0, 200)}`];
      const problems = problemsOf('answer', endpoint.answer, JSON.parse(exchange.answer));
      if (endpoint.request && exchange.method === 'POST') problems.push(...problemsOf('request', endpoint.request, JSON.parse(exchange.body)));
      return problems;
    },
  }));
}
