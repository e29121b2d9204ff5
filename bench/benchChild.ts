/** One bench in a process of its own: its heap and its compiled code are not another's. Arguments: name, `quick` or `full`. */
import { messageOf } from '../runtime/errors.ts';
import { BENCHES } from './list.ts';
import type { FromChild } from './run.ts';

const [name = '', form] = process.argv.slice(2);
const tell = (message: FromChild): Promise<void> => new Promise((resolve) => process.send!(message, () => resolve()));

process.once('disconnect', () => process.exit(1));
try {
  const bench = await BENCHES[name]!();
  await tell({ type: 'about', about: bench.about, leavesOut: bench.leavesOut });
  await tell({ type: 'rows', rows: await bench.run({ quick: form === 'quick', say: (text) => void tell({ type: 'said', text }), keep: (done) => void tell({ type: 'kept', rows: done }) }) });
} catch (error) {
  console.error(error);
  await tell({ type: 'failed', why: messageOf(error) });
}
process.exit(0);
