// An editor that the next test goes on with: as it was when it was opened, but with other flows. To open a new one takes
// most of the time of a test.
import type { Page } from 'playwright-core';
import type { FlowNode } from './start-node-red.mts';

/**
 * Puts these flows onto the canvas in place of those that are there, as an editor does that is just opened, and takes
 * away what else has been done in it. To be called before they are deployed, so that the editor knows each node by the
 * time that it is heard of; `knowDeployed` follows.
 * @returns whether it is as it was; false when something is still open or moves, or when other settings have been chosen
 */
export async function resetEditor(page: Page, flow: FlowNode[]): Promise<boolean> {
  await page.mouse.move(0, 0);
  // Node-RED keeps these to itself.
  const shown = flow.map(({ credentials: _stored, ...node }) => node);
  return page.evaluate<boolean>(`((flow) => {
    const open = ['tray', 'notification', 'popover', 'flow-port-tooltip', 'menu-dropdown:visible'].map((name) => '.red-ui-' + name);
    const isAtRest = $(open + ', .ui-dialog:visible').length === 0 && $.timers.length === 0;
    const models = globalThis.monaco?.editor.getModels() ?? [];
    const theme = localStorage.getItem('view-dark-theme');
    if (!isAtRest || models.length > 0 || theme !== 'light' || localStorage.getItem('editor-language')) return false;
    localStorage.clear();
    localStorage.setItem('view-dark-theme', theme);

    // What is deployed while it knows no revision is no news to the editor.
    RED.nodes.version(null);
    RED.nodes.clear();
    RED.history.clear();
    RED.actions.invoke('core:clear-debug-messages');
    RED.actions.invoke('core:zoom-reset');
    RED.nodes.import(flow);
    RED.nodes.dirty(false);
    RED.view.redraw(true);
    const [first] = RED.nodes.getWorkspaceOrder();
    if (first) RED.workspaces.show(first);
    $('#red-ui-workspace-chart').scrollLeft(0).scrollTop(0);
    RED.events.emit('flows:loaded');
    return true;
  })(${JSON.stringify(shown)})`);
}

/** Tells the editor that its flows are those that are deployed. */
export async function knowDeployed(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    const { rev } = await $.ajax({ url: 'flows', cache: false, headers: { Accept: 'application/json' } });
    RED.nodes.version(rev);
  })()`);
}
