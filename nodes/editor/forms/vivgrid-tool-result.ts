// The tool result node in the editor: its definition.
RED.nodes.registerType<{ name: string }>('vivgrid-tool-result', {
  category: 'AI',
  color: '#7FBDAD',
  icon: 'vivgrid-tool-result.svg',
  align: 'right',
  defaults: {
    name: { value: '' },
  },
  inputs: 1,
  outputs: 0,
  paletteLabel() {
    return this._('vivgrid-tool-result.label.palette');
  },
  label() {
    return this.name || this._('vivgrid-tool-result.label.palette');
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  inputLabels() {
    return this._('vivgrid-tool-result.label.input');
  },
});
