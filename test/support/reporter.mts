// Mocha's own report, with the counts alone on the last line, where a program that runs the tests finds them. A failed run
// ends there, whatever its tests have left open: a test that fails in the middle closes less than it opened.
import Mocha from 'mocha';

export default class CountingReporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures } = this.stats;
    Mocha.reporters.Base.consoleLog('%d passed, %d failed', passes, failures);
    if (failures > 0) setTimeout(() => process.exit(), 1000).unref();
  }
}
