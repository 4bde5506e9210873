// Runs real syncs through a recording proxy and holds every request of the connectors and every answer of the simulators against what the
// vendors publish: GitHub's GraphQL schema, the Jira client schemas of jira.js and, where a file is given, Jira's OpenAPI description.
//   node exchanges.mjs PULSE_BINARY [--openapi FILE]
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { jiraChecks } from './jira.mjs';
import { githubChecks } from './github.mjs';
import { openApiChecks } from './openapi.mjs';

const binary = path.resolve(process.argv[2]);
const at = process.argv.indexOf('--openapi');
const openApiFile = at > 0 ? process.argv[at + 1] : undefined;

const freePort = () =>
  new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** A simulator of its own, ready. */
async function simulator(...options) {
  const port = await freePort();
  const child = spawn(binary, ['simulate', '--listen', `127.0.0.1:${port}`, ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; ++tries) {
    const answer = await fetch(`${url}/_simulate/health`).catch(() => undefined);
    if (answer?.ok) return { url, stop: () => child.kill() };
    if (tries > 600 || child.exitCode !== null) throw new Error('the simulator did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Forwards to `target` and remembers every exchange. */
async function recorder(target) {
  const exchanges = [];
  const server = http.createServer((request, response) => {
    const sent = [];
    request.on('data', (chunk) => sent.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(sent);
      const headers = { ...request.headers };
      delete headers.host;
      delete headers.connection;
      const answer = await fetch(target + request.url, { method: request.method, headers, body: body.length > 0 ? body : undefined, redirect: 'manual' });
      const text = await answer.text();
      const [pathname, query = ''] = request.url.split('?');
      exchanges.push({ method: request.method, path: pathname, query: new URLSearchParams(query), body: body.toString(), status: answer.status, answer: text });
      const back = Object.fromEntries([...answer.headers].filter(([name]) => !['content-encoding', 'content-length', 'transfer-encoding', 'connection', 'keep-alive'].includes(name)));
      response.writeHead(answer.status, back).end(text);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, exchanges, stop: () => server.close() };
}

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'pulse-contract-'));
const environment = { ...process.env, PULSE_HOME: home, PULSE_ALLOW_PRIVATE_SOURCES: '1', TOKEN: 'a-token' };

/** Asynchronous, because the proxy lives in this process. */
function pulse(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (d) => (out += d));
    child.stderr.on('data', (d) => (err += d));
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`pulse ${args.join(' ')}: exit ${code}: ${err}`))));
  });
}

const sim = await simulator('--seed', '11', '--issues', '2100', '--prs', '200');
const proxy = await recorder(sim.url);
try {
  await pulse('tenant', 'create', 'acme');
  const jira = ['integration', 'add', 'jira', '--tenant', 'acme', '--token-env', 'TOKEN'];
  await pulse(...jira, '--name', 'cloud', '--email', 'a@example.com', '--url', proxy.url);
  await pulse(...jira, '--name', 'data-center', '--url', `${proxy.url}/dc`);
  await pulse('integration', 'add', 'github', '--tenant', 'acme', '--token-env', 'TOKEN', '--name', 'github', '--url', proxy.url);
  for (const name of ['cloud', 'data-center', 'github']) {
    await pulse('sync', name, '--tenant', 'acme', '--json');
    await pulse('sync', name, '--tenant', 'acme', '--json'); // The incremental requests are others.
  }
  await pulse('sync', 'cloud', '--tenant', 'acme', '--since', '9000d', '--json'); // Page by page, what else goes in bulk.
} finally {
  proxy.stop();
  sim.stop();
  fs.rmSync(home, { recursive: true, force: true });
}

const checks = [...jiraChecks(), ...githubChecks(), ...(openApiFile ? openApiChecks(openApiFile) : [])];
const results = new Map();
const unclaimed = new Map();
for (const exchange of proxy.exchanges) {
  let claimed = false;
  for (const check of checks) {
    const problems = check.run(exchange);
    if (problems === undefined) continue;
    claimed = true;
    const entry = results.get(check.name) ?? { exchanges: 0, problems: new Map() };
    entry.exchanges += 1;
    for (const problem of problems) entry.problems.set(problem, (entry.problems.get(problem) ?? 0) + 1);
    results.set(check.name, entry);
  }
  // Data Center publishes no schema: its exchanges are recorded and counted, nothing more.
  const dataCenter = exchange.path.startsWith('/dc/');
  if (!claimed && !dataCenter) unclaimed.set(`${exchange.method} ${exchange.path}`, exchange.status);
}
let bad = 0;
for (const [name, { exchanges, problems }] of [...results].sort()) {
  console.log(`${problems.size > 0 ? 'FAIL' : 'ok  '}  ${name}: ${exchanges} exchanges`);
  for (const [problem, count] of [...problems].slice(0, 8)) console.log(`      ${problem} (${count} times)`);
  bad += problems.size;
}
for (const [what, status] of unclaimed) {
  console.log(`FAIL  no schema claims ${what} (answered ${status})`);
  bad += 1;
}
if (results.size === 0) throw new Error('nothing was recorded');
process.exit(bad > 0 ? 1 : 0);
