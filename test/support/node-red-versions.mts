// The versions of Node-RED in whose editor the forms are tested, and what a test has to know of the differences.

export type Theme = 'light' | 'dark';

export interface NodeRedVersion {
  name: string;
  /** The name by which npm has installed it here. */
  module: string;
  themes: readonly Theme[];
  /** Whether the pictures in `docs/` are of this one. */
  isInPictures: boolean;
}

export const NODE_RED_VERSIONS: readonly NodeRedVersion[] = [
  { name: '5.0', module: 'node-red', themes: ['light', 'dark'], isInPictures: true },
  { name: '4.1', module: 'node-red-4.1', themes: ['light'], isInPictures: false },
];
