"""Scripts for the shells' completion, made from the parser's tree: commands, flags, choices.

Names of projects and jobs are asked for when Tab is pressed ('completion words'). bash and zsh get
the same two functions in their common language; fish gets one line for each word.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import NamedTuple

PROJECTS, JOBS, FILES = "@projects", "@jobs", "@files"
KINDS = {
    "PROJECT": PROJECTS,
    "JOB": JOBS,
    **dict.fromkeys(("PATH", "FILE", "DIR", "AIM", "CLIP", "OUT"), FILES),
}
"""What a metavar stands for."""


class Value(NamedTuple):
    """What may stand at a place: words, or one of the kinds that are asked for."""

    words: tuple[str, ...] = ()
    many: bool = False
    """Whether the place may be taken again."""


class Flag(NamedTuple):
    """One option."""

    names: tuple[str, ...]
    value: Value | None
    """None for a flag without a value."""
    help: str


class Node(NamedTuple):
    """One command or verb of one."""

    path: str
    """`queue move`; empty for the program itself."""
    verbs: dict[str, str]
    """What may follow, with its help."""
    flags: list[Flag]
    places: list[Value]


def nodes(parser: argparse.ArgumentParser, path: str = "") -> Iterator[Node]:
    """A parser and all below it."""
    load = getattr(parser, "load", None)
    if load:
        load()
    verbs: dict[str, str] = {}
    below: dict[str, argparse.ArgumentParser] = {}
    flags, places = [], []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            verbs = {a.dest: a.help or "" for a in action._choices_actions}
            below = dict(action.choices)
        elif action.option_strings:
            takes = action.nargs != 0
            flags.append(
                Flag(tuple(action.option_strings), _value(action) if takes else None, _help(action))
            )
        else:
            places.append(_value(action))
    yield Node(path, verbs, flags, places)
    for name, one in below.items():
        yield from nodes(one, f"{path} {name}".strip())


def _value(action: argparse.Action) -> Value:
    many = action.nargs in ("*", "+", argparse.REMAINDER)
    if action.choices is not None:
        return Value(tuple(map(str, action.choices)), many)
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    kind = KINDS.get(metavar)
    return Value((kind,) if kind else (), many)


def _help(action: argparse.Action) -> str:
    words = action.help or ""
    return "" if words == argparse.SUPPRESS else words.replace("%%", "%")


# --- bash and zsh ---

_CANDIDATES = r"""
_fstui_expand() {
  local line
  while IFS= read -r line; do
    case "$line" in
      @projects) "$_fstui_program" $2 completion words projects 2>/dev/null ;;
      @jobs) "$_fstui_program" $2 completion words jobs ${3:+"$3"} 2>/dev/null ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <<EOF
$1
EOF
}

_fstui_candidates() {
  local at="" flag="" project="" workspace="" word found
  local place=1
  for word in "$@"; do
    if [ "$word" = "=" ]; then continue; fi
    if [ -n "$flag" ]; then
      if [ "$flag" = --workspace ]; then workspace="--workspace=$word"; fi
      if [ "$flag" = --project ]; then project="$word"; fi
      flag=""
      continue
    fi
    case "$word" in
      --*=*) ;;
      -*) if _fstui_table "$at|$word" >/dev/null; then flag="$word"; fi ;;
      *)
        if _fstui_table "${at:+$at }$word" >/dev/null; then
          at="${at:+$at }$word"
          place=1
        else
          if [ "$(_fstui_table "$at|$place")" = @projects ]; then project="$word"; fi
          if _fstui_table "$at|$place" >/dev/null; then place=$((place + 1)); fi
        fi ;;
    esac
  done
  if [ -n "$flag" ]; then
    found="$(_fstui_table "$at|$flag")"
  else
    found="$(_fstui_table "$at"; _fstui_table "$at|$place" || _fstui_table "$at|+")"
  fi
  if [ -n "$found" ]; then _fstui_expand "$found" "$workspace" "$project"; fi
}
"""

_BASH = r"""
_fstui() {
  local cur="${COMP_WORDS[COMP_CWORD]}" line
  if [ "$cur" = "=" ]; then cur=""; fi
  _fstui_program="${COMP_WORDS[0]}"
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = @files ]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
    elif [ -n "$line" ] && [ "${line#"$cur"}" != "$line" -o -z "$cur" ]; then
      COMPREPLY+=("$(printf '%q' "$line")")
    fi
  done < <(_fstui_candidates "${COMP_WORDS[@]:1:COMP_CWORD-1}")
}
complete -F _fstui fstui
"""

_ZSH = r"""
_fstui() {
  local -a found
  _fstui_program="${words[1]}"
  found=("${(@f)$(_fstui_candidates "${(@)words[2,CURRENT-1]}")}")
  if (( ${found[(I)@files]} )); then
    found=("${(@)found:#@files}")
    _files
  fi
  found=("${(@)found:#}")
  compadd -a found
}
compdef _fstui fstui
"""


def bash(tree: argparse.ArgumentParser) -> str:
    """The script for bash."""
    head = '# fstui\'s completion for bash: eval "$(fstui completion bash)" in ~/.bashrc\n'
    return head + _table(tree) + _CANDIDATES + _BASH


def zsh(tree: argparse.ArgumentParser) -> str:
    """The script for zsh."""
    head = (
        '#compdef fstui\n# fstui\'s completion for zsh: eval "$(fstui completion zsh)" in '
        "~/.zshrc, after compinit\n"
    )
    # Words are split as in sh inside the two functions that bash shares.
    shared = _CANDIDATES.replace("() {\n", "() {\n  emulate -L sh\n")
    return head + _table(tree) + shared + _ZSH


def _table(tree: argparse.ArgumentParser) -> str:
    """A function that prints what may stand at a place, a word a line; 1 for an unknown place.

    Its keys: a command's path (its verbs and flags), `path|flag` (the flag's values),
    `path|1` (its first argument's), `path|+` (that of an argument which repeats).
    """
    lines = ["_fstui_table() {", '  case "$1" in']
    for node in nodes(tree):
        flags = [name for flag in node.flags for name in flag.names]
        lines.append(_case([node.path], [*node.verbs, *flags]))
        for flag in node.flags:
            if flag.value is not None:
                keys = [f"{node.path}|{name}" for name in flag.names]
                lines.append(_case(keys, flag.value.words))
        for number, value in enumerate(node.places, 1):
            lines.append(_case([f"{node.path}|{number}"], value.words))
        if node.places and node.places[-1].many:
            lines.append(_case([f"{node.path}|+"], node.places[-1].words))
    return "\n".join([*lines, "    *) return 1 ;;", "  esac", "}", ""])


def _case(keys: list[str], words: tuple[str, ...] | list[str]) -> str:
    pattern = "|".join(_sh(key) for key in keys)
    printed = " ".join(_sh(word) for word in words)
    act = f"printf '%s\\n' {printed}" if words else ":"
    return f"    {pattern}) {act} ;;"


def _sh(word: str) -> str:
    """A word that a shell takes as it stands."""
    return "'" + word.replace("'", "'\\''") + "'"


# --- fish ---

_FISH = r"""
function __fstui_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        set -l longer (string trim -- "$at $word")
        if contains -- "$longer" $__fstui_paths
            set at "$longer"
        end
    end
    test "$at" = "$argv[1]"
end
"""


def fish(tree: argparse.ArgumentParser) -> str:
    """The script for fish."""
    found = list(nodes(tree))
    lines = [
        "# fstui's completion for fish: fstui completion fish > "
        "~/.config/fish/completions/fstui.fish",
        "set -g __fstui_paths " + " ".join(_fish(n.path) for n in found if n.path),
        _FISH,
        "complete -c fstui -f",
    ]
    for node in found:
        at = f"complete -c fstui -n {_fish(f'__fstui_at {_fish(node.path)}')}"
        lines += [f"{at} -a {_fish(v)} -d {_fish(words)}" for v, words in node.verbs.items()]
        lines += [f"{at} {_fish_flag(flag)} -d {_fish(flag.help)}" for flag in node.flags]
        lines += [f"{at} {words}" for value in node.places if (words := _fish_value(value))]
    return "\n".join([*lines, ""])


def _fish_flag(flag: Flag) -> str:
    names = " ".join(
        f"-l {_fish(n[2:])}" if n.startswith("--") else f"-s {_fish(n[1:])}" for n in flag.names
    )
    if flag.value is None:
        return names
    return f"{names} -r {_fish_value(flag.value) or '-f'}"


def _fish_value(value: Value) -> str:
    if value.words == (FILES,):
        return "-F"
    if value.words == (PROJECTS,):
        return f"-f -a {_fish('(fstui completion words projects 2>/dev/null)')}"
    if value.words == (JOBS,):
        return f"-f -a {_fish('(fstui completion words jobs 2>/dev/null)')}"
    return f"-f -a {_fish(' '.join(value.words))}" if value.words else ""


def _fish(text: str) -> str:
    """A word that fish takes as it stands."""
    quoted = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", " ")
    return f"'{quoted}'"


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}
