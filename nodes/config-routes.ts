// What the editor asks of the config nodes while a form is open: which models there are, and whether a service works.
import type { NodeAPI } from 'node-red';
import type { ConfigNode } from './config-node.ts';
import { connectionsOf } from './connections.ts';
import { createDescribe } from './flow-runtime.ts';
import { secretsForForm, WITHHELD } from './form-secrets.ts';
import type { TestOrder, TestOutcome, UsageOutcome } from './lib/common/editor-requests.ts';
import { asChatError, ChatError, wordsOf } from './lib/common/errors.ts';
import type { ListedModel } from './lib/common/model-end.ts';
import { resolveVariables } from './lib/common/resolve-variables.ts';
import { CONFIG_DEFAULTS, type ConfigSettings } from './lib/common/settings.ts';
import { normalizeBaseUrl } from './lib/service/base-url.ts';
import { modelsOf } from './lib/service/model-list.ts';
import { readServiceSettings } from './lib/service/service-settings.ts';
import { testService } from './lib/service/test-service.ts';

export function registerConfigRoutes(RED: NodeAPI): void {
  RED.httpAdmin.get(
    '/vivgrid-config/:id/models',
    RED.auth.needsPermission('vivgrid-config.read'),
    async (request, response) => {
      response.json({ models: await listModels(RED, String(request.params.id)) });
    },
  );
  RED.httpAdmin.get(
    '/vivgrid-config/:id/usage',
    RED.auth.needsPermission('vivgrid-config.read'),
    (request, response) => {
      response.json(usageOf(RED, String(request.params.id)));
    },
  );
  RED.httpAdmin.post(
    '/vivgrid-config/:id/usage/reset',
    RED.auth.needsPermission('vivgrid-config.write'),
    async (request, response) => {
      response.json(await resetUsage(RED, String(request.params.id)));
    },
  );
  RED.httpAdmin.post(
    '/vivgrid-config/test',
    RED.auth.needsPermission('vivgrid-config.write'),
    async (request, response) => {
      response.json(await test(RED, request.body as TestOrder));
    },
  );
}

async function listModels(RED: NodeAPI, id: string): Promise<ListedModel[]> {
  try {
    return await modelsOf(deployedNode(RED, id).service());
  } catch {
    // Not deployed, or not usable as it is: the form says so itself.
    return [];
  }
}

function usageOf(RED: NodeAPI, id: string): UsageOutcome {
  try {
    const { periods, limit } = deployedNode(RED, id).service().totals;
    return { outcome: 'usage', periods, ...(limit && { limit }) };
  } catch {
    return { outcome: 'none' };
  }
}

async function resetUsage(RED: NodeAPI, id: string): Promise<UsageOutcome> {
  try {
    await deployedNode(RED, id).service().totals.reset();
  } catch (error) {
    const failure =
      error instanceof ChatError ? error : new ChatError('totals_store', { words: wordsOf(error) });
    return { outcome: 'failed', message: createDescribe(RED)(failure).message };
  }
  return usageOf(RED, id);
}

async function test(RED: NodeAPI, order: TestOrder): Promise<TestOutcome> {
  try {
    const env = (name: string): unknown => RED.util.evaluateNodeProperty(name, 'env', {} as never, {});
    const settings = resolveVariables(order.settings, env);
    const secrets = secretsFor(RED, order, settings);
    if (secrets === WITHHELD) return { outcome: 'withheld' };
    const service = readServiceSettings(settings, { ...connectionsOf(RED, settings), ...secrets(env) });
    return { outcome: 'works', ...(await testService(service)) };
  } catch (error) {
    const { message, cause } = createDescribe(RED)(asChatError(error));
    return { outcome: 'failed', message, ...(cause.status !== undefined && { status: cause.status }) };
  }
}

/** What the form may be tried with. */
function secretsFor(RED: NodeAPI, { id, token }: TestOrder, { baseUrl, headers }: ConfigSettings) {
  const deployed = RED.nodes.getNode(id) as ConfigNode | null;
  const isDeployedAddress = deployed !== null && sameAddress(deployed.baseUrl, baseUrl);
  return secretsForForm({
    token,
    headers,
    deployed,
    isDeployedAddress,
    // The variable goes to the service that it is named after, too.
    reserved: { name: 'VIVGRID_API_KEY', isAllowed: sameAddress(CONFIG_DEFAULTS.baseUrl, baseUrl) },
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
