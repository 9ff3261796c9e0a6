// The sidebar of requests: the last exchanges of all chat nodes, live.
import type { RequestsOverview } from '../../../lib/common/exchanges.ts';
import { chatText } from '../../widgets/chat-text.ts';
import type { PlaceFilter } from './places.ts';
import { RequestList } from './request-list.ts';
import { createUsageHead } from './usage-head.ts';

const ID = 'vivgrid-requests';
const TOPIC = 'vivgrid/requests';
/** Of Node-RED: flows were deployed, by whomever. */
const DEPLOYED = 'notification/runtime-deploy';

/** Adds the sidebar to those of the editor. */
export function addRequestsSidebar(): void {
  const sidebar = new RequestsSidebar();
  const name = chatText('requests.title');
  RED.sidebar.addTab({
    id: ID,
    label: name,
    name,
    iconClass: 'fa fa-comments-o',
    content: sidebar.element,
    onchange: () => sidebar.start(),
    onremove: () => sidebar.stop(),
  });
}

/** Takes it away again, when the nodes are disabled or removed. */
export function removeRequestsSidebar(): void {
  RED.sidebar.removeTab(ID);
}

class RequestsSidebar {
  readonly element = $('<div class="vivgrid-requests">');
  readonly #list: RequestList;
  readonly #head: ReturnType<typeof createUsageHead>;
  #isRunning = false;

  constructor() {
    const header = $('<div class="red-ui-sidebar-header vivgrid-requests-header">').appendTo(this.element);
    const body = $('<div class="vivgrid-requests-body">').appendTo(this.element);
    this.#head = createUsageHead($('<div class="vivgrid-requests-usage">').appendTo(body));
    this.#list = new RequestList(body);
    header.append(this.#placeChoice(), this.#failuresChoice(), this.#pauseButton(), this.#clearButton());
  }

  /** From when it is first looked at. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    RED.comms.subscribe(TOPIC, this.#onUpdate);
    RED.comms.on('connect', this.#load);
    RED.comms.subscribe(DEPLOYED, this.#load);
    for (const event of FILTERING_EVENTS) RED.events.on(event, this.#onPlaceChange);
    this.#load();
  }

  stop(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    RED.comms.unsubscribe(TOPIC, this.#onUpdate);
    RED.comms.off('connect', this.#load);
    RED.comms.unsubscribe(DEPLOYED, this.#load);
    for (const event of FILTERING_EVENTS) RED.events.off(event, this.#onPlaceChange);
  }

  readonly #onUpdate = (_topic: string, { rows, services }: RequestsOverview): void => {
    this.#list.update(rows);
    this.#head.show(services);
  };

  readonly #onPlaceChange = (): void => this.#list.applyFilter();

  /** All that there is: at first, and after anything that may have changed it unheard. */
  readonly #load = (): void => {
    void $.getJSON('vivgrid-chat/requests').then(({ rows, services }: RequestsOverview) => {
      this.#list.replace(rows);
      this.#head.show(services);
    });
  };

  #placeChoice(): JQuery {
    const choices = (['all', 'flow', 'node'] as const).map((place) =>
      $('<option>')
        .val(place)
        .text(chatText(`requests.${place}`)),
    );
    return $('<select id="vivgrid-requests-place">')
      .attr('aria-label', chatText('requests.filter'))
      .append(...choices)
      .on('change', (event) => this.#list.setFilter({ place: $(event.currentTarget).val() as PlaceFilter }));
  }

  #failuresChoice(): JQuery {
    const words = chatText('requests.failures');
    return this.#toggleButton('vivgrid-requests-failures', 'fa-exclamation-triangle', words, (failuresOnly) =>
      this.#list.setFilter({ failuresOnly }),
    );
  }

  #pauseButton(): JQuery {
    return this.#toggleButton('vivgrid-requests-pause', 'fa-pause', chatText('requests.pause'), (isPaused) =>
      this.#list.setPaused(isPaused),
    );
  }

  #toggleButton(id: string, icon: string, words: string, onToggle: (isOn: boolean) => void): JQuery {
    let isOn = false;
    const button = iconButton(id, icon, words)
      .attr('aria-pressed', 'false')
      .on('click', () => {
        isOn = !isOn;
        button.toggleClass('selected', isOn).attr('aria-pressed', String(isOn));
        onToggle(isOn);
      });
    return button.addClass('toggle');
  }

  #clearButton(): JQuery {
    return iconButton('vivgrid-requests-clear', 'fa-trash', chatText('requests.clear')).on('click', () => {
      void $.post('vivgrid-chat/requests/clear').then(
        () => this.#list.clear(),
        ({ status }: JQuery.jqXHR) => {
          const isForbidden = status === 401 || status === 403;
          RED.notify(
            isForbidden ? chatText('requests.may-not-clear') : chatText('requests.no-runtime', { status }),
            'error',
          );
        },
      );
    });
  }
}

/** After which other requests may fit the filter, or their nodes have other names. */
const FILTERING_EVENTS = ['workspace:change', 'view:selection-changed'];

function iconButton(id: string, icon: string, words: string): JQuery {
  const button = $('<button type="button" class="red-ui-button red-ui-button-small">')
    .attr({ id, 'aria-label': words })
    .append($('<i aria-hidden="true">').addClass(`fa ${icon}`));
  RED.popover.tooltip(button, words);
  return button;
}
