"""`lossboard completion SHELL`: the script that lets a shell complete commands, options, runs and sweeps."""

from __future__ import annotations

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from engine.files.program import NAME

VARIABLE = f"_{NAME.upper()}_COMPLETE"
"""Environment variable through which a shell asks for completions."""

# The scripts ask the command as it stands in the line; click's ask `lossboard`, which need not be on the path.
# Bash shows what it would insert and nothing else: the names of runs are shown only where several are possible.
BASH = """\
_lossboard_completion() {
    local type value help line i width=0
    local -a values=() helps=()
    COMPREPLY=()
    while IFS=$'\\t' read -r type value help; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) values+=("$value"); helps+=("$help"); ((${#value} > width)) && width=${#value} ;;
        esac
    done < <(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete "${1/#\\~/$HOME}")
    if ((${#values[@]} < 2)) || [[ $COMP_TYPE == 37 || $COMP_TYPE == 42 ]]; then
        COMPREPLY=("${values[@]}")
        return
    fi
    for i in "${!values[@]}"; do
        printf -v line '%%-*s  %%s' "$width" "${values[i]}" "${helps[i]}"
        line=${line:0:${COLUMNS:-80}-1}
        COMPREPLY+=("${line%%"${line##*[![:space:]]}"}")
    done
}
complete -o nosort -F _lossboard_completion lossboard
"""

ZSH = """\
#compdef lossboard
_lossboard_completion() {
    local -a plain described response
    local type key descr
    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \
%(complete_var)s=zsh_complete ${(Q)words[1]})}")
    for type key descr in ${response}; do
        if [[ "$type" == "plain" ]]; then
            if [[ "$descr" == "_" ]]; then
                plain+=("$key")
            else
                described+=("$key":"$descr")
            fi
        elif [[ "$type" == "dir" ]]; then
            _path_files -/
        elif [[ "$type" == "file" ]]; then
            _path_files -f
        fi
    done
    [ -n "$described" ] && _describe -V unsorted described -U
    [ -n "$plain" ] && compadd -U -V unsorted -a plain
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _lossboard_completion "$@"
else
    compdef _lossboard_completion lossboard
fi
"""

FISH = """\
function _lossboard_completion
    set -l program (commandline -opc)[1]
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) COMP_CWORD=(commandline -t) \
$program)
    for completion in $response
        set -l metadata (string split -m 1 "," $completion)
        if test $metadata[1] = "dir"
            __fish_complete_directories $metadata[2]
        else if test $metadata[1] = "file"
            __fish_complete_path $metadata[2]
        else if test $metadata[1] = "plain"
            echo $metadata[2]
        end
    end
end
complete --no-files --command lossboard --arguments "(_lossboard_completion)"
"""


class _Bash(BashComplete):
    source_template = BASH

    def format_completion(self, item: CompletionItem[str]) -> str:
        return f"{item.type}\t{item.value}\t{' '.join((item.help or '').split())}"


class _Zsh(ZshComplete):
    source_template = ZSH


class _Fish(FishComplete):
    source_template = FISH


SHELLS: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


def register() -> None:
    """Let click answer shells with the scripts of this file."""
    for shell in SHELLS.values():
        add_completion_class(shell)


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands, options, choices, runs and sweeps.

    \b
      eval "$(lossboard completion bash)"         # in ~/.bashrc
      eval "$(lossboard completion zsh)"          # in ~/.zshrc, after compinit
      lossboard completion fish | source          # in ~/.config/fish/config.fish
    """
    root = ctx.find_root().command
    click.echo(SHELLS[shell](root, {}, NAME, VARIABLE).source(), nl=False)
