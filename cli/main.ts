/** The commands. Errors that say what to do are printed as such and become exit codes; anything else is a bug and shows its stack. */
import { Command, CommanderError } from 'commander';
import { ForetickError } from '../runtime/errors.ts';

const LOADERS: Readonly<Record<string, { readonly about: string; load(): Promise<Command> }>> = {
  up: { about: 'start everything: ticks, forecasts, scores and the dashboard', load: async () => (await import('./upCommand.ts')).upCommand() },
  worker: { about: 'one more worker for a run with several universes, also on another machine', load: async () => (await import('./workerCommand.ts')).workerCommand() },
  status: { about: 'what runs, and how it is', load: async () => (await import('./status.ts')).statusCommand() },
  models: { about: 'the models of a running pipeline, and what happened to them', load: async () => (await import('./models.ts')).modelsCommand() },
  train: { about: 'train a new model on what was recorded', load: async () => (await import('./train.ts')).trainCommand() },
  replay: { about: 'run a recording through the feature code, offline', load: async () => (await import('./replay.ts')).replayCommand() },
  import: { about: 'import bar or tick files into the history', load: async () => (await import('./import.ts')).importCommand() },
  store: { about: 'move a history from one kind of store into another', load: async () => (await import('./storeCommand.ts')).storeCommand() },
  chaos: { about: 'prove it: kill everything, at named points and random moments, and compare', load: async () => (await import('./chaosCommand.ts')).chaosCommand() },
  soak: { about: 'hours under an even load: does memory grow, does anything fall behind', load: async () => (await import('./soakCommand.ts')).soakCommand() },
  bench: { about: 'how fast it is, each figure beside its limit or peer', load: async () => (await import('./benchCommand.ts')).benchCommand() },
  backup: { about: 'copy everything of a data folder, while it runs', load: async () => (await import('./backupCommand.ts')).backupCommand() },
  restore: { about: 'fill a new data folder from a backup', load: async () => (await import('./backupCommand.ts')).restoreCommand() },
  'nats-users': { about: 'keys and users.conf of each service, for a NATS cluster of your own', load: async () => (await import('./natsUsers.ts')).natsUsersCommand() },
  token: { about: 'the token and login link of a data folder', load: async () => (await import('./token.ts')).tokenCommand() },
  doctor: { about: 'what is missing on this machine, and the command that mends it', load: async () => (await import('./doctor.ts')).doctorCommand() },
  test: { about: 'run the tests (the gate); --full runs the long ones too', load: async () => (await import('./test.ts')).testCommand() },
};

const EXAMPLES = `
Examples:
  ./foretick up                                          the live market, or the simulated one where that can't be reached
  ./foretick up --source simulator:7
  ./foretick up --source recording:../shared/data/binance-usdm --speed max --exit --json
  ./foretick doctor

Each command explains itself: ./foretick COMMAND --help`;

/** Only the command that is called is loaded: --help is quick. */
async function program(wanted: string | undefined): Promise<Command> {
  const root = new Command('foretick')
    .description('Streaming forecasts for markets: every forecast is written down before its outcome is known, scored, and shown with its score.')
    .showSuggestionAfterError().showHelpAfterError('(./foretick --help lists the commands)').addHelpText('after', EXAMPLES);
  for (const [name, { about, load }] of Object.entries(LOADERS)) {
    const command = name === wanted ? await load() : new Command(name).allowUnknownOption().allowExcessArguments();
    root.addCommand(command.summary(about).configureHelp({ showGlobalOptions: false }).showSuggestionAfterError().showHelpAfterError(`(./foretick ${name} --help explains it)`).exitOverride());
  }
  return root.exitOverride();
}

try {
  const args = process.argv.slice(2);
  const wanted = args[0] === 'help' ? args[1] : args.find((arg) => !arg.startsWith('-'));
  await (await program(wanted)).parseAsync(args, { from: 'user' });
} catch (error) {
  // Ends here, whatever is still open: a connection attempt, for one, would go on for ever.
  process.exit(exitCodeOf(error));
}

/** Prints what hasn't been printed yet. */
function exitCodeOf(error: unknown): number {
  // Help that was asked for exits with 0; a wrong command or option, and no command at all, with 2.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ForetickError) {
    console.error(`foretick: ${error.message}${error.hint === '' ? '' : `\n  ${error.hint}`}`);
    return error.exitCode;
  }
  console.error(error);
  return 1;
}
