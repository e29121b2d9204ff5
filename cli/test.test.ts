import { describe, expect, it } from 'vitest';
import { countTests } from './test.ts';

const report = { numPassedTests: 3, numFailedTests: 1, numFailedTestSuites: 2, numPendingTests: 2, numTodoTests: 0, testResults: [{ status: 'passed', assertionResults: [1, 2, 3] }, { status: 'failed', assertionResults: [1] }] };

describe('counting tests', () => {
  it('takes the counts of the report', () => {
    expect(countTests(report)).toEqual({ passed: 3, failed: 1, skipped: 2 });
  });
  it('counts a file that can not be loaded as a failure', () => {
    expect(countTests({ ...report, testResults: [...report.testResults, { status: 'failed', assertionResults: [] }] }).failed).toBe(2);
  });
});
