/**
 * Node-RED keeps the content of a dialog as wide as it first asked to be and cuts it off in a narrow window. Called on
 * resizing, which follows that, this lets the content shrink with its dialog.
 */
export function letShrink(form: string, ...wide: string[]): void {
  $(form).closest('.red-ui-tray-body').css('min-width', 0);
  for (const selector of wide) $(selector).css('min-width', 0);
  // Where it asks for more than there is, Node-RED 5 takes a part of that from the handle beside it: then the dialog
  // would move with every tab.
  $(form).closest('.red-ui-tray-wrapper').css({ flexBasis: 0, minWidth: 0 });
}
