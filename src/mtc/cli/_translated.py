"""The help of a verb in the language of the person."""

from typing import Any

from mtc.words import _


def help_of(command: Any, *, parent: Any = None) -> None:
    """Puts the texts of a command of click, and of those below it, into the language in use.

    Args:
        command: the command.
        parent: the context of the one above it.
    """
    context = command.context_class(command, parent=parent, **command.context_settings)
    # A command makes this option when it is asked for it, and keeps it then.
    if option := command.get_help_option(context):
        option.help = _("Show this message and exit.")
    command.help = _(command.help or "") or None
    command.short_help = _(command.short_help or "") or None
    for param in command.params:
        if getattr(param, "help", None):
            param.help = _(param.help)
    for below in (getattr(command, "commands", None) or {}).values():
        help_of(below, parent=context)
