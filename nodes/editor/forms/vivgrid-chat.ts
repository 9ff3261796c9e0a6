// The chat node in the editor: its definition, and its form put together from the tabs.
import {
  type AttachmentRow,
  CHAT_DEFAULTS,
  type ChatSettings,
  type MessageRow,
  outputPorts,
  type ParameterRow,
} from '../../lib/common/settings.ts';
import { ATTACHMENT_DEFAULTS, validateAttachments } from '../checks/check-attachments.ts';
import { validateConversation } from '../checks/check-conversation.ts';
import { NEW_MESSAGE, validateMessages } from '../checks/check-messages.ts';
import { checkNumber } from '../checks/check-number.ts';
import { NEW_PARAMETER, validateParameters } from '../checks/check-parameters.ts';
import { validateSchema, validateSchemaName } from '../checks/check-schema.ts';
import { fillDefaults, fillRows } from '../checks/fill-defaults.ts';
import { currentValue, setOpenNode } from '../checks/open-form.ts';
import { addRequestsSidebar, removeRequestsSidebar } from '../dialogs/requests/requests-sidebar.ts';
import { prepareStoredConversations } from '../dialogs/stored-conversations.ts';
import { openTry } from '../dialogs/try/open-try.ts';
import { whenPreviewWanted } from '../dialogs/try/preview-of.ts';
import { createAttachmentList } from '../tabs/attachment-list.ts';
import { chosenModel, onlyConfigFor, prepareConfigAndModel } from '../tabs/config-and-model.ts';
import { createConversationTab } from '../tabs/conversation-tab.ts';
import { createMessageList } from '../tabs/message-list.ts';
import { createParameterList } from '../tabs/parameter-list.ts';
import { createReplyTab } from '../tabs/reply-tab.ts';
import { createServerList, type ServerList, validateServers } from '../tabs/server-list.ts';
import { watchTabErrors } from '../tabs/tab-errors.ts';
import { createToolList, validateTools, watchTools } from '../tabs/tool-list.ts';
import { createFormTabs, type TabName } from '../widgets/form-tabs.ts';
import { letShrink } from '../widgets/let-shrink.ts';
import { readForm } from '../widgets/read-form.ts';
import type { RowList } from '../widgets/row-list.ts';

/** What the open dialog holds besides plain inputs. Only one chat node can be edited at a time. */
let form:
  | {
      messages: RowList<MessageRow>;
      attachments: RowList<AttachmentRow>;
      parameters: RowList<ParameterRow>;
      reply: { destroy(): void };
      conversation: { beforeSave(): void };
      tools: ReturnType<typeof createToolList>;
      servers: ServerList;
    }
  | undefined;

RED.nodes.registerType<ChatSettings>('vivgrid-chat', {
  category: 'AI',
  color: '#5FAF9B',
  categoryDescription: labelOf('category'),
  icon: 'vivgrid.svg',
  defaults: {
    name: { value: CHAT_DEFAULTS.name },
    config: { value: CHAT_DEFAULTS.config, type: 'vivgrid-config', required: true, label: labelOf('config') },
    fallback: {
      value: CHAT_DEFAULTS.fallback,
      type: 'vivgrid-config',
      required: false,
      label: labelOf('fallback'),
    },
    model: {
      value: CHAT_DEFAULTS.model,
      label: labelOf('model'),
      validate: RED.validators.typedInput({ typeField: 'modelType', allowBlank: true, allowUndefined: true }),
    },
    modelType: { value: CHAT_DEFAULTS.modelType },
    messages: { value: CHAT_DEFAULTS.messages, validate: validateMessages },
    attachments: { value: CHAT_DEFAULTS.attachments, validate: validateAttachments },
    parameters: { value: CHAT_DEFAULTS.parameters, validate: validateParameters },
    format: { value: CHAT_DEFAULTS.format },
    schema: { value: CHAT_DEFAULTS.schema, validate: validateSchema },
    schemaName: { value: CHAT_DEFAULTS.schemaName, validate: validateSchemaName },
    output: {
      value: CHAT_DEFAULTS.output,
      label: labelOf('output'),
      validate: RED.validators.typedInput({ type: 'msg', allowUndefined: true }),
    },
    stream: { value: CHAT_DEFAULTS.stream },
    chunks: { value: CHAT_DEFAULTS.chunks },
    interval: {
      value: CHAT_DEFAULTS.interval,
      label: labelOf('interval'),
      validate: checkNumber({
        min: 0,
        whole: false,
        includesMin: true,
        applies: (node: EditorNode & ChatSettings) => currentValue(node, 'stream'),
      }),
    },
    reasoning: { value: CHAT_DEFAULTS.reasoning },
    whole: { value: CHAT_DEFAULTS.whole },
    repairs: {
      value: CHAT_DEFAULTS.repairs,
      label: labelOf('repairs'),
      validate: checkNumber({
        min: 0,
        max: 5,
        applies: (node: EditorNode & ChatSettings) => currentValue(node, 'format') !== 'text',
      }),
    },
    memory: { value: CHAT_DEFAULTS.memory },
    conversation: { value: CHAT_DEFAULTS.conversation, validate: validateConversation },
    conversationType: { value: CHAT_DEFAULTS.conversationType },
    turns: {
      value: CHAT_DEFAULTS.turns,
      label: labelOf('turns'),
      validate: checkNumber({
        min: 0,
        applies: (node: EditorNode & ChatSettings) => currentValue(node, 'memory'),
      }),
    },
    memoryTools: { value: CHAT_DEFAULTS.memoryTools },
    memoryTokens: {
      value: CHAT_DEFAULTS.memoryTokens,
      label: labelOf('memoryTokens'),
      validate: checkNumber({
        min: 0,
        applies: (node: EditorNode & ChatSettings) => currentValue(node, 'memory'),
      }),
    },
    mode: { value: CHAT_DEFAULTS.mode },
    // The type lets Node-RED follow the tool nodes when they are copied or imported under new ids.
    tools: { value: CHAT_DEFAULTS.tools, type: 'vivgrid-tool[]', validate: validateTools },
    // Here it lets export and import take the servers along.
    servers: { value: CHAT_DEFAULTS.servers, type: 'vivgrid-mcp[]', validate: validateServers },
    rounds: {
      value: CHAT_DEFAULTS.rounds,
      label: labelOf('rounds'),
      validate: checkNumber({ min: 1, max: 1000 }),
    },
    activity: { value: CHAT_DEFAULTS.activity },
    outputs: { value: CHAT_DEFAULTS.outputs },
  },
  inputs: 1,
  outputs: 1,
  paletteLabel() {
    return this._('vivgrid-chat.label.palette');
  },
  label() {
    return this.name || this._('vivgrid-chat.label.palette');
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  inputLabels() {
    return this._('vivgrid-chat.port.input');
  },
  outputLabels(index) {
    const port = outputPorts(this)[index];
    return port && this._(`vivgrid-chat.port.${port}`);
  },
  onadd() {
    // A pasted node has the config that it was copied with.
    if (this.config || RED.nodes.node(this.id)) return;
    this.config = onlyConfigFor(this) ?? '';
  },
  oneditprepare() {
    fillDefaults<ChatSettings>(this, CHAT_DEFAULTS, 'node-input');
    setOpenNode(this);
    this.messages = fillRows(this.messages, NEW_MESSAGE);
    this.attachments = fillRows(this.attachments, ATTACHMENT_DEFAULTS);
    this.parameters = fillRows(this.parameters, NEW_PARAMETER);
    prepareConfigAndModel(this);
    const tabs = createFormTabs(this, TABS);
    form = {
      messages: createMessageList(this, this.messages, () =>
        openTry(this, readChatForm(this), chosenModel()),
      ),
      attachments: createAttachmentList(this, this.attachments),
      parameters: createParameterList(this, this.parameters),
      tools: createToolList(this),
      servers: createServerList(this),
      reply: createReplyTab(this),
      conversation: createConversationTab(this),
    };
    prepareStoredConversations(this);
    watchTabErrors(this, tabs, TABS, () => form && readChatForm(this));
    whenPreviewWanted(this, () =>
      openTry(this, readChatForm(this), chosenModel(), { beginsWithExample: true }),
    );
  },
  oneditsave() {
    if (!form) return;
    this.messages = form.messages.rows();
    this.attachments = form.attachments.rows();
    this.parameters = form.parameters.rows();
    form.conversation.beforeSave();
    this.tools = form.tools.chosen();
    this.servers = form.servers.chosen();
    closeForm();
  },
  oneditcancel: closeForm,
  oneditdelete: closeForm,
  onpaletteadd: addRequestsSidebar,
  onpaletteremove: removeRequestsSidebar,
  oneditresize({ height }) {
    if (!form) return;
    letShrink('#dialog-form', '.vivgrid-chat-tabs-row');
    const above = topOf('#vivgrid-chat-tabs-content') - topOf('#dialog-form');
    const listHeight = Math.max(height - above - BELOW_LIST, MIN_LIST_HEIGHT);
    const attachmentsHeight = $('#vivgrid-chat-attachments').outerHeight(true) ?? 0;
    form.messages.height(Math.max(listHeight - attachmentsHeight, MIN_PROMPT_HEIGHT));
    form.parameters.height(listHeight);
  },
});

watchTools();

const TABS: readonly TabName[] = ['prompt', 'parameters', 'tools', 'reply', 'conversation'];

/** In pixels: below it, the dialog scrolls rather than the list. A message that has grown fits into the prompt's. */
const MIN_LIST_HEIGHT = 260;
const MIN_PROMPT_HEIGHT = 350;
const BELOW_LIST = 12;

function topOf(selector: string): number {
  return $(selector).offset()?.top ?? 0;
}

function labelOf(property: string): string {
  return RED._(`@vivgrid/node-red-vivgrid/vivgrid-chat:vivgrid-chat.label.${property}`);
}

function closeForm(): void {
  form?.messages.destroy();
  form?.attachments.destroy();
  form?.parameters.destroy();
  form?.reply.destroy();
  form?.servers.destroy();
  setOpenNode(undefined);
  form = undefined;
}

function readChatForm(node: ChatSettings): ChatSettings {
  const lists = form && {
    messages: form.messages.rows(),
    attachments: form.attachments.rows(),
    parameters: form.parameters.rows(),
    tools: form.tools.chosen(),
    servers: form.servers.chosen(),
  };
  // The field for the outputs holds what Node-RED needs to move the wires.
  return readForm<ChatSettings>(node, CHAT_DEFAULTS, 'node-input', { ...lists, outputs: node.outputs });
}
