// The chat node's outputs as the form sets them, so that wires stay with what they carry.
import { type ChatSettings, type OutputPort, outputPorts } from '../../lib/common/settings.ts';
import { currentValue } from '../checks/open-form.ts';

/** Keeps `#node-input-outputs` in step with the form, so that wires and own labels stay with the output they are for. */
export function prepareOutputs(node: EditorNode & ChatSettings): void {
  const saved = outputPorts(node).slice(0, node.outputs);
  const inputs = $('#node-input-stream, #node-input-whole, #node-input-activity');
  inputs.on('change', update);
  update();

  function update(): void {
    const ports = outputPorts({
      stream: currentValue(node, 'stream'),
      whole: currentValue(node, 'whole'),
      activity: currentValue(node, 'activity'),
    });
    $('#node-input-outputs').val(outputsValue(saved, ports, node.outputs));
  }
}

/**
 * What Node-RED takes from the field: the number of outputs, or a map from each old output to its new place, -1 for one
 * that is gone. New ones stand under numbers that no old one has.
 */
function outputsValue(saved: OutputPort[], ports: OutputPort[], count: number): string {
  const places = Array.from({ length: count }, (_, index) => placeOf(saved[index], ports));
  const isSame = count === ports.length && places.every((place, index) => place === index);
  if (isSame) return String(count);
  const kept = places.map((place, index) => [index, place]);
  const added = [...ports.keys()].filter((place) => !places.includes(place));
  return JSON.stringify(Object.fromEntries([...kept, ...added.map((place) => [count + 100 + place, place])]));
}

/** The first output stays the first, whether the reply goes out as a whole or in pieces. */
function placeOf(port: OutputPort | undefined, ports: OutputPort[]): number {
  if (port === undefined) return -1;
  return port === 'reply' || port === 'chunks' ? 0 : ports.indexOf(port);
}
