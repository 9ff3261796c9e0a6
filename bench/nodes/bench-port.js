// The benchmark's way into and out of a flow: what is given to `send` leaves the node, what comes in goes to `receive`.
module.exports = (RED) => {
  RED.nodes.registerType('bench-port', function BenchPort(def) {
    RED.nodes.createNode(this, def);
    const port = { send: (message) => this.send(message), receive: () => {} };
    globalThis.benchPorts ??= {};
    globalThis.benchPorts[def.name] = port;
    this.on('input', (message, _send, done) => {
      port.receive(message);
      done();
    });
  });
};
