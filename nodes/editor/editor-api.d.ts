// The part of Node-RED's editor that these forms use. @types/node-red__editor-client is a major version behind:
// it knows neither validators that give reasons nor most of what a typed input can do.

/** A node as the editor holds it: its saved properties and this. */
interface EditorNode {
  readonly id: string;
  readonly type: string;
  /** The tab or subflow that it is on, or that a config node is limited to. */
  readonly z?: string;
  readonly _def: { defaults: Record<string, NodeProperty<EditorNode>> };
  /** Looks a text up in the catalogue of the node's own type. */
  _(key: string, values?: Record<string, string | number>): string;
}

/** The two-argument form: a text, or for lists an array of texts, is the reason why the value is not valid. */
type Validator<Node> = (
  this: Node,
  value: unknown,
  options: { label?: string },
) => boolean | string | string[];

interface NodeProperty<Node> {
  value: unknown;
  required?: boolean;
  /** The type of a config node, when the property holds the id of one. */
  type?: string;
  label?: string;
  validate?: Validator<Node>;
}

interface NodeDefinition<Settings, Node = EditorNode & Settings> {
  category: string;
  /** Shown in the palette, where this is the first node of its category. */
  categoryDescription?: string;
  defaults: { [Property in keyof Settings]: NodeProperty<Node> };
  credentials?: Record<string, { type: 'text' | 'password' }>;
  /** Of a config node: `false` where the editor should not warn of one that no node uses. */
  hasUsers?: boolean;
  inputs?: 0 | 1;
  outputs?: number;
  color?: string;
  icon?: string;
  paletteLabel?: string | ((this: Node) => string);
  label?: string | ((this: Node) => string);
  labelStyle?: string | ((this: Node) => string);
  align?: 'right';
  inputLabels?: string | ((this: Node, index: number) => string);
  outputLabels?: string | ((this: Node, index: number) => string | undefined);
  /** A node that is new on the canvas, dragged or pasted. */
  onadd?: (this: Node) => void;
  oneditprepare?: (this: Node) => void;
  oneditsave?: (this: Node) => void;
  oneditcancel?: (this: Node) => void;
  oneditdelete?: (this: Node) => void;
  oneditresize?: (this: Node, size: { width: number; height: number }) => void;
  /** When the type is loaded or enabled, and when it is disabled or removed. */
  onpaletteadd?: () => void;
  onpaletteremove?: () => void;
}

interface NodeRedCodeEditor {
  type: 'monaco' | 'ace' | 'basic';
  getValue(): string;
  setValue(value: string, cursor?: number): void;
  getSession(): {
    on(event: 'change' | 'input', listener: () => void): void;
    /** Ace only: rows on the screen. */
    getScreenLength?(): number;
    addMarker?(range: object, cssClass: string, type: 'text'): number;
    removeMarker?(id: number): void;
    doc?: { indexToPosition(index: number): { row: number; column: number } };
  };
  resize(): void;
  focus(): void;
  destroy(): void;
  /** Monaco only. */
  getModel?(): MonacoModel | null;
  dispose?(): void;
  getContentHeight?(): number;
  onDidContentSizeChange?(listener: () => void): unknown;
  /** Ace only. */
  setOptions?(options: Record<string, unknown>): void;
  renderer?: { lineHeight?: number; on?(event: 'afterRender', listener: () => void): void };
}

interface MonacoModel {
  dispose(): void;
  getPositionAt(offset: number): { lineNumber: number; column: number };
}

/** There when Node-RED is set to this code editor. */
declare const monaco: {
  MarkerSeverity: Record<'Error' | 'Warning', number>;
  editor: { setModelMarkers(model: MonacoModel, owner: string, markers: readonly object[]): void };
};

/** There when Node-RED is set to this code editor. */
declare const ace: {
  require(module: 'ace/range'): {
    Range: new (startRow: number, startColumn: number, endRow: number, endColumn: number) => object;
  };
};

interface Popover {
  setContent(content: string): void;
  delete(): void;
}

interface TypedInputType {
  value: string;
  label?: string;
  icon?: string;
  hasValue?: boolean;
  options?: (string | { value: string; label: string })[];
  expand?: ((this: { input: JQuery }) => void) & { icon?: string };
  autoComplete?: (value: string, done: (matches: CompletionOption[]) => void) => unknown;
  validate?: (value: string, options: object) => boolean | string;
}

interface TypedInputOptions {
  types: readonly (string | TypedInputType)[];
  default?: string;
  typeField?: string | JQuery;
}

interface CompletionOption {
  value: string;
  label: string | JQuery;
}

interface JQuery {
  typedInput(options: TypedInputOptions): JQuery;
  typedInput(action: 'type' | 'value'): string;
  typedInput(action: 'type' | 'value', value: string): void;
  typedInput(action: 'types', types: readonly (string | TypedInputType)[]): void;
  typedInput(action: 'width', width: string | number): void;
  typedInput(action: 'hide' | 'show' | 'focus'): void;
  typedInput(action: 'validate'): boolean;
  /** jQuery UI's way to the widget itself. */
  typedInput(action: 'instance'): { typeMap: Record<string, TypedInputType> };

  editableList<Row extends object>(options: {
    addItem: (container: JQuery, index: number, row: Partial<Row>) => void;
    removeItem?: (row: Row) => void;
    sortItems?: (items: JQuery) => void;
    resizeItem?: (container: JQuery, index: number) => void;
    addButton?: boolean | string;
    buttons?: { id?: string; label: string; icon: string; title?: string; click(): void }[];
    sortable?: boolean | string;
    removable?: boolean;
    scrollOnAdd?: boolean;
    header?: JQuery;
    height?: number | 'auto';
    ariaLabelledBy?: string;
  }): JQuery;
  editableList(action: 'addItem', row: object): void;
  editableList(action: 'addItems', rows: readonly object[]): void;
  editableList(action: 'insertItemAt', row: object, index: number): void;
  editableList(action: 'height', height: string | number): void;
  editableList(action: 'items'): JQuery;
  editableList(action: 'length'): number;

  autoComplete(options: {
    search: (value: string, done: (matches: CompletionOption[]) => void) => unknown;
    minLength?: number;
  }): JQuery;
}

/** A node on the canvas. */
interface FlowNode extends EditorNode {
  /** The tab or subflow that it is on. */
  z: string;
  name: string;
  /** Disabled. */
  d?: boolean;
  /** Unknown until the editor has looked at it. */
  valid?: boolean;
  [property: string]: unknown;
}

interface FlowTab {
  label: string;
  disabled?: boolean;
}

interface Subflow {
  name: string;
  instances: unknown[];
}

declare const RED: {
  _(key: string, values?: Record<string, string | number>): string;
  i18n: {
    /** The editor's language, such as `en-US`. */
    lang(): string;
  };
  notify(
    text: string,
    options:
      | 'error'
      | {
          modal?: boolean;
          fixed?: boolean;
          type?: 'warning' | 'error' | 'success';
          buttons?: { text: string; class?: string; click(): void }[];
        },
  ): { close(): void };
  nodes: {
    registerType<Settings>(type: string, definition: NodeDefinition<Settings>): void;
    node(id: string): (EditorNode & Record<string, unknown>) | null;
    filterNodes(filter: { type: string }): FlowNode[];
    eachConfig(visit: (config: FlowNode) => void): void;
    workspace(id: string): FlowTab | undefined;
    subflow(id: string): Subflow | undefined;
  };
  events: {
    on(event: string, listener: (subject?: { type?: string; id?: string }) => void): void;
    off(event: string, listener: (subject?: { type?: string; id?: string }) => void): void;
  };
  workspaces: {
    /** The id of the flow or subflow that is shown. */
    active(): string;
  };
  comms: {
    subscribe<Message>(topic: string, listener: (topic: string, message: Message) => void): void;
    unsubscribe<Message>(topic: string, listener: (topic: string, message: Message) => void): void;
    /** The connection to the runtime is there, for the first time or again. */
    on(event: 'connect', listener: () => void): void;
    off(event: 'connect', listener: () => void): void;
  };
  sidebar: {
    addTab(tab: {
      id: string;
      label: string;
      name: string;
      iconClass: string;
      content: JQuery;
      /** It is shown. */
      onchange?(): void;
      onremove?(): void;
    }): void;
    removeTab(id: string): void;
  };
  editor: {
    /** Opens the form of a node. */
    edit(node: EditorNode): void;
    /** Opens the form of a config node above the one that is open; `_ADD_` makes a new one. */
    editConfig(property: string, type: string, id: string): void;
    /** Looks at all properties anew. */
    validateNode(node: FlowNode): boolean;
    /** Opens the dialog of a node. */
    edit(node: FlowNode): void;
    createEditor(options: Record<string, unknown>): NodeRedCodeEditor;
    editText(options: {
      mode?: string;
      value: string;
      title?: string;
      width?: number | 'Infinity';
      stateId?: string | false;
      focus?: boolean;
      complete(value: string): void;
    }): void;
    editJSON(options: {
      value: string;
      title?: string;
      focus?: boolean;
      complete(value: string): void;
    }): void;
  };
  popover: {
    tooltip(target: JQuery, content: string | (() => string)): Popover;
  };
  tabs: {
    create(options: { id: string; onchange(tab: { id: string }): void }): {
      addTab(tab: { id: string; label: string; iconClass?: string }): void;
      activateTab(id: string): void;
    };
  };
  tray: {
    show(options: {
      title: string;
      width?: number | 'inherit';
      buttons: { id: string; text: string; class?: string; click(): void }[];
      open(tray: JQuery): void;
      close(): void;
    }): void;
    close(): void;
    resize(): void;
  };
  view: {
    redraw(): void;
    state(state: number): void;
    /** Shows the flow that a node is on, and the node in it. */
    reveal(id: string, flash?: boolean): void;
    selection(): { nodes?: FlowNode[] };
  };
  state: { readonly EDITING: number };
  utils: {
    getNodeLabel(node: EditorNode, otherwise: string): string;
    parseContextKey(key: string): { store?: string; key: string };
    validateTypedProperty(value: string, type: string, options: object): true | string;
  };
  validators: {
    typedInput(options: {
      type?: string;
      typeField?: string;
      isConfig?: boolean;
      allowBlank?: boolean;
      allowUndefined?: boolean;
    }): Validator<EditorNode>;
  };
};
