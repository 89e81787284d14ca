"""`mtc completion`: the script by which a shell completes the words of mtc."""

import enum
from typing import Annotated

import typer

SECTION = "Install and run"


class Shell(enum.StrEnum):
    """The shells that there are scripts for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


_BASH = r"""# bash completion of mtc: source <(mtc completion bash)
_mtc_complete() {
    local IFS=$'\n' line answer directive
    answer=$(mtc __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
    directive=${answer##*:}
    COMPREPLY=()
    while IFS= read -r line; do
        [[ $line == :* || -z $line ]] || COMPREPLY+=("${line%%$'\t'*}")
    done <<<"$answer"
    if [[ ${#COMPREPLY[@]} -eq 0 && $directive == 0 ]]; then
        COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
    fi
}
complete -o nosort -F _mtc_complete mtc 2>/dev/null || complete -F _mtc_complete mtc
"""
_ZSH = r"""#compdef mtc
# zsh completion of mtc: source <(mtc completion zsh)
_mtc() {
    local answer line directive
    local -a found
    answer=$(mtc __complete "${(@)words[2,CURRENT]}" 2>/dev/null) || return
    directive=${answer##*:}
    for line in ${(f)answer}; do
        [[ $line == :* ]] && continue
        found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    if (( ${#found} )); then
        _describe 'mtc' found
    elif [[ $directive == 0 ]]; then
        _files
    fi
}
compdef _mtc mtc
"""
_FISH = r"""# fish completion of mtc: mtc completion fish | source
function __mtc_complete
    set -l words (commandline -opc)
    mtc __complete $words[2..-1] (commandline -ct) 2>/dev/null | string match -rv '^:'
end
complete -c mtc -f -a '(__mtc_complete)'
"""
_SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH}


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def completion(shell: Annotated[Shell, typer.Argument(help="The shell.", show_default=False)]) -> None:
        """Print the script by which a shell completes verbs, options and names of objects.

        bash: source <(mtc completion bash). zsh: source <(mtc completion zsh). fish: mtc completion fish | source.
        For `kubectl mtc` nothing is needed but kubectl's own completion and kubectl_complete-mtc, which is installed beside mtc.
        """
        typer.echo(_SCRIPTS[shell], nl=False)
