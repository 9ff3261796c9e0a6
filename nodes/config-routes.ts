// What the editor asks of the config nodes while a form is open: which models there are, and whether a service works.
import type { NodeAPI } from 'node-red';
import type { ConfigNode } from './config-node.ts';
import { createDescribe } from './flow-runtime.ts';
import type { TestOrder, TestOutcome } from './lib/common/editor-requests.ts';
import { asChatError, ChatError } from './lib/common/errors.ts';
import { resolveVariables } from './lib/common/resolve-variables.ts';
import { CONFIG_DEFAULTS, type ConfigSettings } from './lib/common/settings.ts';
import { normalizeBaseUrl } from './lib/service/base-url.ts';
import { modelsOf } from './lib/service/model-list.ts';
import type { ServiceSources } from './lib/service/service-settings.ts';
import { readServiceSettings } from './lib/service/service-settings.ts';
import { testService } from './lib/service/test-service.ts';

type Connections = Pick<ServiceSources, 'proxy' | 'tls'>;

export function registerConfigRoutes(
  RED: NodeAPI,
  connectionsOf: (settings: ConfigSettings) => Connections,
): void {
  RED.httpAdmin.get(
    '/vivgrid-config/:id/models',
    RED.auth.needsPermission('vivgrid-config.read'),
    async (request, response) => {
      response.json({ models: await listModels(RED, String(request.params.id)) });
    },
  );
  RED.httpAdmin.post(
    '/vivgrid-config/test',
    RED.auth.needsPermission('vivgrid-config.write'),
    async (request, response) => {
      response.json(await test(RED, request.body as TestOrder, connectionsOf));
    },
  );
}

async function listModels(RED: NodeAPI, id: string): Promise<string[]> {
  try {
    return await modelsOf(deployedNode(RED, id).service());
  } catch {
    // Not deployed, or not usable as it is: the form says so itself.
    return [];
  }
}

async function test(
  RED: NodeAPI,
  order: TestOrder,
  connectionsOf: (settings: ConfigSettings) => Connections,
): Promise<TestOutcome> {
  try {
    const env = (name: string): unknown => RED.util.evaluateNodeProperty(name, 'env', {} as never, {});
    const settings = resolveVariables(order.settings, env);
    const token = tokenFor(RED, order, settings);
    if (token === WITHHELD) return { outcome: 'withheld' };
    const service = readServiceSettings(settings, { ...connectionsOf(settings), ...token(env) });
    return { outcome: 'works', ...(await testService(service)) };
  } catch (error) {
    const { message, cause } = createDescribe(RED)(asChatError(error));
    return { outcome: 'failed', message, ...(cause.status !== undefined && { status: cause.status }) };
  }
}

const WITHHELD = Symbol('withheld');

type Env = (name: string) => unknown;

/**
 * The runtime's own secrets (a stored token, variables that stand for one) go only where the deployed node sends them,
 * or to the service they are named after: a changed address gets what was typed into the form and nothing else.
 */
function tokenFor(
  RED: NodeAPI,
  { id, token }: TestOrder,
  { baseUrl, headers }: ConfigSettings,
): typeof WITHHELD | ((env: Env) => Pick<ServiceSources, 'token' | 'env'>) {
  const deployed = RED.nodes.getNode(id) as ConfigNode | null;
  const isDeployedAddress = deployed !== null && sameAddress(deployed.baseUrl, baseUrl);
  const isOwnAddress = isDeployedAddress || sameAddress(CONFIG_DEFAULTS.baseUrl, baseUrl);
  if (token === undefined) {
    if (!isDeployedAddress) return WITHHELD;
    return (env) => ({ token: deployed.credentials?.token, env });
  }
  if (deployed && !isOwnAddress && headers.some(({ type }) => type === 'env')) return WITHHELD;
  return (env) => ({
    token: resolveVariables(token, env),
    env: (name) => (name === 'VIVGRID_API_KEY' && !isOwnAddress ? '' : env(name)),
  });
}

function sameAddress(left: string, right: string): boolean {
  const [one, other] = [normalizeBaseUrl(left), normalizeBaseUrl(right)];
  return 'url' in one && 'url' in other && one.url === other.url;
}

function deployedNode(RED: NodeAPI, id: string): ConfigNode {
  const node = RED.nodes.getNode(id) as ConfigNode | null;
  if (!node?.service) throw new ChatError('config_missing');
  return node;
}
