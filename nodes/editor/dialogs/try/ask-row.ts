// Ask and Stop, and beside them who is asked, or why nobody can be.
import type { UsageOutcome } from '../../../lib/common/editor-requests.ts';
import { amount } from '../../widgets/amounts.ts';
import { chatText } from '../../widgets/chat-text.ts';

export interface AskRow {
  /** Whether there is a request that could be asked. */
  setReady(isReady: boolean): void;
  setRunning(isRunning: boolean): void;
  /** Looks at what is used of the limit. */
  refresh(): void;
}

/** @param configId of the config node that is chosen in the form; blank when there is none */
export function createAskRow(
  container: JQuery,
  configId: string,
  options: { onAsk(): void; onStop(): void },
): AskRow {
  const state = { isReady: false, isRunning: false };
  let usage: UsageOutcome | undefined;

  const ask = button('ask', 'fa-play', 'primary').on('click', options.onAsk);
  const stop = button('stop', 'fa-stop', '').on('click', options.onStop);
  const hint = $('<span id="vivgrid-try-hint" class="vivgrid-note-hint">');
  ask.attr('aria-describedby', 'vivgrid-try-hint');
  const row = $('<div class="vivgrid-try-ask">').append(ask, stop, hint).appendTo(container);
  update();

  function update(): void {
    const { isReady, isRunning } = state;
    const problem = problemOf(configId, usage);
    const hadFocus = document.activeElement;
    ask.prop('disabled', problem !== undefined || !isReady || isRunning);
    stop.prop('disabled', !isRunning);
    // A disabled button loses the focus, and the next Tab would begin at the top.
    if (hadFocus === ask[0] && isRunning) stop.trigger('focus');
    if (hadFocus === stop[0] && !isRunning) ask.trigger('focus');
    hint
      .text(problem ?? (isReady || isRunning ? asksLine(configId, usage) : chatText('try.no-request')))
      .toggleClass('vivgrid-note-error', problem !== undefined);
  }

  return {
    setReady(isReady) {
      state.isReady = isReady;
      update();
    },
    setRunning(isRunning) {
      state.isRunning = isRunning;
      update();
    },
    refresh() {
      if (configId === '') return;
      void $.getJSON(`vivgrid-config/${encodeURIComponent(configId)}/usage`).then((outcome: UsageOutcome) => {
        usage = outcome;
        if (row[0]?.isConnected) update();
      });
    },
  };
}

function button(name: 'ask' | 'stop', icon: string, kind: string): JQuery {
  return $('<button type="button" class="red-ui-button">')
    .attr('id', `vivgrid-try-${name}`)
    .addClass(kind)
    .append(
      $('<i aria-hidden="true">').addClass(`fa ${icon}`),
      ' ',
      $('<span>').text(chatText(`try.${name}`)),
    );
}

/** Why nothing can be asked through a config node. */
function problemOf(configId: string, usage: UsageOutcome | undefined): string | undefined {
  const config = RED.nodes.node(configId);
  if (!config) return chatText('try.no-config');
  if (config.changed) return chatText('try.config-changed');
  // Deployed as it stands, and yet of no use: its own dialog says why.
  return usage?.outcome === 'none' ? chatText('try.config-unusable') : undefined;
}

/** `asks Vivgrid · today: 41,200 of 200,000 tokens`. */
function asksLine(configId: string, usage: UsageOutcome | undefined): string {
  const config = RED.nodes.node(configId);
  const asks = config ? chatText('try.asks', { name: RED.utils.getNodeLabel(config, configId) }) : '';
  if (usage?.outcome !== 'usage' || !usage.limit) return asks;
  const { limit, periods } = usage;
  const { most, of, per } = limit;
  const words = chatText('try.limit', {
    period: configText(per),
    used: amount(periods[per][of]),
    most: amount(most),
    unit: configText(`of-${of}`),
  });
  return `${asks} · ${words}`;
}

function configText(key: string): string {
  return RED._(`@vivgrid/node-red-vivgrid/vivgrid-config:vivgrid-config.usage.${key}`);
}
