/** `completion`: a script that teaches a shell the commands and options. */
import type { CommandSpec } from '../command.ts';
import { completionScript, SHELLS } from '../completion/script.ts';
import { EXIT } from '../exit-codes.ts';

/** @param commands - the whole table, this command included; taken late because the table holds this command */
export function completionCommand(commands: () => readonly CommandSpec[]): CommandSpec {
  return {
    name: 'completion',
    summary: 'Print a completion script for a shell',
    examples: [
      ['source <(meshproof completion bash)', 'in ~/.bashrc'],
      ['source <(meshproof completion zsh)', 'in ~/.zshrc'],
      ['meshproof completion fish | source', 'in ~/.config/fish/config.fish'],
    ],
    arguments: [{ name: '<shell>', description: 'the shell', choices: SHELLS }],
    run: ({ terminal, args }) => {
      const shell = SHELLS.find((s) => s === args.text(0));
      if (shell) terminal.out(completionScript(shell, commands()));
      return Promise.resolve(shell ? EXIT.OK : EXIT.USAGE);
    },
  };
}
