/** Completion scripts for bash, zsh and fish, made from the command table. */
import type { CommandSpec } from '../command.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What may follow the words so far: `''` for the start, then `gate`, `gate wait`. */
type Words = ReadonlyMap<string, readonly (readonly [word: string, about: string])[]>;

export function completionScript(shell: Shell, commands: readonly CommandSpec[]): string {
  const words = followers(commands);
  switch (shell) {
    case 'bash':
      return bash(words);
    case 'zsh':
      return `#compdef meshproof\nautoload -U +X bashcompinit && bashcompinit\n${bash(words)}`;
    case 'fish':
      return fish(words);
  }
}

function followers(commands: readonly CommandSpec[]): Words {
  const words = new Map<string, [string, string][]>([['', []]]);
  const add = (path: string, word: string, about: string): void => {
    const list = words.get(path) ?? [];
    if (!list.some(([w]) => w === word)) list.push([word, about]);
    words.set(path, list);
  };
  for (const command of commands) {
    const [first = '', second] = command.name.split(' ');
    add('', first, second === undefined ? command.summary : `${first} …`);
    if (second !== undefined) add(first, second, command.summary);
    for (const choice of command.arguments?.[0]?.choices ?? []) add(command.name, choice, '');
    for (const option of command.options ?? []) {
      for (const flag of option.flags.match(/--[a-z-]+/g) ?? []) add(command.name, flag, option.description);
    }
    add(command.name, '--help', 'show the usage, with examples');
  }
  return words;
}

function bash(words: Words): string {
  const cases = [...words]
    .map(([path, list]) => `    "${path}") candidates="${list.map(([word]) => word).join(' ')}" ;;`)
    .join('\n');
  return `_meshproof() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" candidates="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    [[ "$word" == -* ]] && continue
    case "$path $word" in
${groupCases(words)}
      *) [[ -z "$path" ]] && path="$word" ;;
    esac
  done
  case "$path" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
  [[ \${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _meshproof meshproof bin/meshproof
`;
}

/** The commands of two words: the second word extends the path. */
function groupCases(words: Words): string {
  return [...words.keys()]
    .filter((path) => path.includes(' '))
    .map((path) => `      "${path}") path="${path}" ;;`)
    .join('\n');
}

function fish(words: Words): string {
  const lines = ['complete -c meshproof -f'];
  for (const [path, list] of words) {
    const condition =
      path === ''
        ? '__fish_use_subcommand'
        : path
            .split(' ')
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join('; and ');
    for (const [word, about] of list) {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
      lines.push(
        `complete -c meshproof -n '${condition}' ${what}${about === '' ? '' : ` -d '${about.replaceAll("'", "\\'")}'`}`,
      );
    }
  }
  lines.push("complete -c meshproof -n 'not __fish_use_subcommand' -F");
  return `${lines.join('\n')}\n`;
}
