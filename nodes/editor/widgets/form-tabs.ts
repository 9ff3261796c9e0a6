// The tabs of the chat node's form.
const ICONS = {
  prompt: 'fa fa-comments-o',
  parameters: 'fa fa-sliders',
  tools: 'fa fa-wrench',
  reply: 'fa fa-reply',
  conversation: 'fa fa-exchange',
} as const;

export type TabName = keyof typeof ICONS;

export interface FormTabs {
  /** The tab that an element of the form is on. */
  tabOf(element: JQuery): TabName | undefined;
  /** Says on the label how many mistakes there are on the tab. */
  showErrors(name: TabName, count: number): void;
}

/** The tabs of the chat form: `#vivgrid-chat-tab-<name>` in the html, in `#vivgrid-chat-tabs-content`. */
export function createFormTabs(node: EditorNode, names: readonly TabName[]): FormTabs {
  const tabs = RED.tabs.create({
    id: 'vivgrid-chat-tabs',
    onchange(tab) {
      $('#vivgrid-chat-tabs-content').children().hide();
      $(`#${tab.id}`).show();
      links().attr('aria-selected', 'false');
      linkOf(tab.id).attr('aria-selected', 'true');
      RED.tray.resize();
    },
  });
  for (const name of names) {
    tabs.addTab({ id: tabId(name), iconClass: ICONS[name], label: node._(`vivgrid-chat.tabs.${name}`) });
  }
  // Node-RED's tabs answer to the mouse alone.
  $('#vivgrid-chat-tabs').attr('role', 'tablist');
  links()
    .attr('role', 'tab')
    // Node-RED 4 takes quick clicks on two tabs for a double click on the second, and does nothing.
    .on('click', (event) => tabs.activateTab((event.currentTarget as HTMLAnchorElement).hash.slice(1)))
    .on('keydown', (event) => {
      const tab = event.currentTarget.parentElement;
      const target = {
        Enter: tab,
        ' ': tab,
        ArrowLeft: tab?.previousElementSibling,
        ArrowRight: tab?.nextElementSibling,
      }[event.key];
      const link = target?.querySelector('a');
      if (!link) return;
      event.preventDefault();
      tabs.activateTab(link.hash.slice(1));
      link.focus();
    });

  for (const name of names) {
    $('<span class="vivgrid-tab-errors" aria-hidden="true">')
      .append('<i class="fa fa-exclamation-triangle"></i> ', $('<span>'))
      .hide()
      .appendTo(linkOf(tabId(name)));
  }

  return {
    tabOf: (element) => names.find((name) => element.closest(`#${tabId(name)}`).length > 0),
    showErrors(name, count) {
      const link = linkOf(tabId(name));
      const label = node._(`vivgrid-chat.tabs.${name}`);
      const words = node._(`vivgrid-chat.tab-errors.${count === 1 ? 'one' : 'many'}`, { number: count });
      link
        .find('.vivgrid-tab-errors')
        .toggle(count > 0)
        .attr('title', words)
        .children('span')
        .text(count);
      // The icons are characters of their font, which would be read out.
      link.attr('aria-label', count > 0 ? `${label}: ${words}` : label);
    },
  };

  function links(): JQuery {
    return $('#vivgrid-chat-tabs a.red-ui-tab-label');
  }

  function linkOf(id: string): JQuery {
    return links().filter(`[href="#${id}"]`);
  }
}

function tabId(name: TabName): string {
  return `vivgrid-chat-tab-${name}`;
}
