// A model's reasoning, folded, with the number of its words.
import { amount } from './amounts.ts';
import { chatText } from './chat-text.ts';

export interface ReasoningView {
  element: JQuery;
  /** Hidden while the text is blank. */
  show(text: string): void;
}

export function createReasoning(): ReasoningView {
  const title = $('<summary>');
  const text = $('<div class="vivgrid-said-text">');
  const element = $('<details class="vivgrid-reasoning">').append(title, text).hide();
  return {
    element,
    show(reasoning) {
      const number = amount(reasoning.split(/\s+/).filter((word) => word !== '').length);
      title.text(chatText('try.reasoning', { number }));
      text.text(reasoning);
      element.toggle(reasoning.trim() !== '');
    },
  };
}
