import { CHECKED } from './problem-list.ts';

/** One row of a list as its own widget: builds itself into the row, gives its value back, cleans up. */
export interface RowView<Row> {
  row(): Row;
  focus(): void;
  destroy?(): void;
}

export interface RowList<Row> {
  rows(): Row[];
  /** Puts a row in at the end. */
  add(row: Row): void;
  /** Puts a row in after another one. */
  insertAfter(view: RowView<Row>, row: Row): void;
  /** In pixels, or as tall as its rows. */
  height(pixels: number | 'auto'): void;
  /** Ends it before its element leaves the page, which ends it as well. */
  destroy(): void;
}

/**
 * Node-RED's editable list with what it lacks: its handle and its delete button have names and work from the
 * keyboard, rows clean up after themselves, a new row gets the focus. A row is gone as soon as it is deleted, although
 * it is still seen fading out.
 */
export function createRowList<Row extends object>(options: {
  list: JQuery;
  rows: readonly Row[];
  labelledBy: string;
  addText: string;
  /** More buttons beside the one that adds a row. */
  buttons?: { id: string; label: string; title: string; icon: string; click(): void }[];
  moveText: string;
  removeText: string;
  build(container: JQuery, row: Partial<Row>): RowView<Row>;
  /** The rows, or the room that they take, have changed. */
  onChange?(): void;
}): RowList<Row> {
  const { list } = options;
  const views = new Map<object, RowView<Row>>();
  let filled = false;
  let isShownEmpty: boolean | undefined;
  const changed = (): void => {
    showWhetherEmpty();
    options.onChange?.();
    list.trigger(CHECKED);
  };

  list.editableList<Row>({
    sortable: true,
    removable: true,
    addButton: options.addText,
    buttons: options.buttons ?? [],
    ariaLabelledBy: options.labelledBy,
    // Its own jump to the end would leave a duplicate, put in further up, out of sight.
    scrollOnAdd: false,
    addItem(container, _index, row) {
      const view = options.build(container, row);
      views.set(row, view);
      prepareHandle(container.siblings('.red-ui-editableList-item-handle'));
      container
        .siblings('.red-ui-editableList-item-remove')
        .attr('aria-label', options.removeText)
        // After Node-RED's own listener.
        .on('click', changed);
      if (!filled) return;
      changed();
      container[0]?.scrollIntoView({ block: 'nearest' });
      view.focus();
    },
    removeItem(row) {
      const view = views.get(row);
      // A row may fade out for longer than its list is there.
      if (!view) return;
      view.destroy?.();
      views.delete(row);
      changed();
    },
    sortItems: changed,
  });
  list.editableList('addItems', options.rows);
  filled = true;
  showWhetherEmpty();
  // What jQuery UI tells its widgets when their element is taken away.
  list.on('remove', destroy);

  function prepareHandle(handle: JQuery): void {
    handle.attr({ tabindex: 0, role: 'button', 'aria-label': options.moveText, title: options.moveText });
    handle.on('keydown', (event) => {
      const item = handle.parent();
      if (event.key === 'ArrowUp') item.insertBefore(item.prev());
      else if (event.key === 'ArrowDown') item.insertAfter(item.next());
      else return;
      event.preventDefault();
      handle.trigger('focus');
      changed();
    });
  }

  function items(): JQuery[] {
    return (
      list
        .editableList('items')
        .toArray()
        .map((item) => $(item))
        // A deleted row stays in the list until it has faded out, and for a moment after its view is gone.
        .filter((item) => !item.parent().hasClass('red-ui-editableList-item-deleting'))
        .filter((item) => views.has(item.data('data')))
    );
  }

  function viewOf(item: JQuery): RowView<Row> {
    return views.get(item.data('data')) as RowView<Row>;
  }

  /** For the styles: a list without rows has no box. */
  function showWhetherEmpty(): void {
    const isEmpty = items().length === 0;
    if (isEmpty === isShownEmpty) return;
    isShownEmpty = isEmpty;
    list.closest('.vivgrid-list-row').toggleClass('vivgrid-empty', isEmpty);
    RED.tray.resize();
  }

  function destroy(): void {
    for (const view of views.values()) view.destroy?.();
    views.clear();
  }

  return {
    rows: () => items().map((item) => viewOf(item).row()),
    add: (row) => list.editableList('addItem', row),
    insertAfter(view, row) {
      const item = items().find((candidate) => viewOf(candidate) === view);
      list.editableList('insertItemAt', row, (item?.parent().index() ?? -1) + 1);
    },
    height: (pixels) => list.editableList('height', pixels),
    destroy,
  };
}
