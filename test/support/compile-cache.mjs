// Keeps what Node.js has compiled, in the folder for temporary files: a third of Node-RED's start, and what a process for
// tests has to load. Plain JavaScript, because Node-RED runs on every Node.js that users have; Node.js 20 keeps nothing.
import module from 'node:module';

module.enableCompileCache?.();
