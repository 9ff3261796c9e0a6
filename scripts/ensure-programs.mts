// Before the tests: installs the programs that they need and this machine lacks, where that is ours to do (as root
// on Debian or Ubuntu, such as in a container of a CI), and else says what to install.
import { execFileSync } from 'node:child_process';
import { findProgram, PROGRAMS } from '../test/support/programs.mts';

const lacking = () => PROGRAMS.filter((program) => !findProgram(program));

const packages = lacking().map(({ debian }) => debian);
const isRoot = process.getuid?.() === 0;
const aptGet = { title: 'apt-get', names: ['apt-get'], variable: '', debian: 'apt' };
if (packages.length > 0 && isRoot && findProgram(aptGet)) {
  const run = (...args: string[]): void => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    execFileSync('apt-get', args, { stdio: 'inherit', env });
  };
  try {
    run('update');
    run('install', '-y', ...packages);
  } catch (error) {
    console.error((error as Error).message);
  }
}

for (const { title, names, variable } of lacking()) {
  console.error(
    `The tests need ${title}: install it so that "${names[0]}" is on the PATH, or set ${variable} to where it is.`,
  );
  process.exitCode = 1;
}
