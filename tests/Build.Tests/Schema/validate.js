// node validate.js FILE...: says what is wrong with each, and fails if anything is.
import { readFile } from 'node:fs/promises';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
for (const file of process.argv.slice(2)) {
  const problems = await validator.validate(await readFile(file, 'utf8'));
  if (problems === null) continue;
  console.error(file, JSON.stringify(problems, null, 2));
  process.exitCode = 1;
}
