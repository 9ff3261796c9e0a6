// An editor that the next test goes on with: as it was when it was opened, but with other flows. To open a new one takes
// most of the time of a test.
import { isDeepStrictEqual } from 'node:util';
import type { Page } from 'playwright-core';
import type { FlowNode } from './start-node-red.mts';

/** How many milliseconds what moves, or closes by itself, may take for that. */
const PATIENCE = 2000;

/** The settings that an editor is opened with, as a page keeps them. */
const SET_BACK = "localStorage.clear(); localStorage.setItem('view-dark-theme', 'light');";

/**
 * Puts these flows onto the canvas in place of those that are there, as an editor does that is just opened, and takes
 * away what else has been done in it. To be called before they are deployed, so that the editor knows each node by the
 * time that it is heard of; `knowDeployed` follows.
 * @returns whether it is as it was; false when something stays open or moves on, or when other settings have been chosen
 */
export async function resetEditor(
  page: Page,
  flow: FlowNode[],
  viewport: { width: number; height: number },
): Promise<boolean> {
  await page.mouse.move(0, 0);
  if (!isDeepStrictEqual(page.viewportSize(), viewport)) await page.setViewportSize(viewport);
  // Node-RED keeps these to itself.
  const shown = flow.map(({ credentials: _stored, ...node }) => node);
  return page.evaluate<boolean>(`(async (flow) => {
    const isSet = localStorage.getItem('view-dark-theme') !== 'light' || localStorage.getItem('editor-language');
    if (isSet || $('.ui-dialog:visible').length > 0) return false;
    const end = performance.now() + ${PATIENCE};
    const passes = async (isThere) => {
      while (isThere()) {
        if (performance.now() > end) return false;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return true;
    };
    while ($('.red-ui-tray').length > 0) {
      const tray = $('.red-ui-tray').last();
      tray.find('#node-dialog-cancel, #node-config-dialog-cancel').trigger('click');
      if (!await passes(() => tray.is('body *'))) return false;
    }
    if (globalThis.monaco?.editor.getModels().length > 0) return false;
    // The sidebar of requests goes on asking for those that it shows: a new one in its place.
    if ($('.vivgrid-requests:visible').length > 0) {
      RED.nodes.getType('vivgrid-chat').onpaletteremove();
      RED.nodes.getType('vivgrid-chat').onpaletteadd();
      RED.sidebar.show('info');
    }
    // As when their time is up; others stay.
    for (const notification of $('.red-ui-notification').get()) if (!notification.fixed) notification.close();
    // The tabs of the flows scroll for half a second.
    $('.red-ui-notification, .red-ui-tabs-scroll-container').finish();
    const passing = '.red-ui-notification, .red-ui-popover, .red-ui-flow-port-tooltip';
    // With \`:visible\` among the selectors, jQuery would go through the whole page.
    const isPassing = () =>
      $(passing).add($('.red-ui-menu-dropdown').filter(':visible')).length + $.timers.length + $.active > 0;
    if (!await passes(isPassing)) return false;
    ${SET_BACK}

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

/** Takes back what another editor has set in this browser, which has one storage for all of a server's pages. */
export async function forgetSettings(page: Page): Promise<void> {
  await page.evaluate(SET_BACK);
}
