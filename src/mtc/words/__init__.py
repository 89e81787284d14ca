"""Texts for people in their language.

English stands in the code; `_("There is no plan {name}.").format(name=...)` shows it in the language that `use` has set, or in English
where a text has no translation. Only what a person reads on a terminal or a page goes through here: what is written into a custom
resource, an Event or a log stays English, because programs and people of other languages read that too.

Use it as `from mtc.words import _`, one of the two names that are imported alone: `N_` marks a text for translation that is shown later.
"""

import gettext
import os
from pathlib import Path

#: Languages with complete translations, besides English.
LANGUAGES = ("ja",)
_DOMAIN = "mtc"
_FOLDER = Path(__file__).parent / "locale"
_current: gettext.NullTranslations = gettext.NullTranslations()


def use(language: str | None = None) -> None:
    """Sets the language of all texts from here on.

    Args:
        language: such as `ja`, `ja_JP.UTF-8` or `en`; None for what LC_ALL, LC_MESSAGES or LANG says. An unknown one is English.
    """
    global _current  # noqa: PLW0603 - one process speaks one language
    wanted = language or next((value for key in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(key))), "en")
    languages = [wanted.split(".", maxsplit=1)[0], wanted[:2]]
    _current = gettext.translation(_DOMAIN, _FOLDER, languages, fallback=True)
    # Libraries ask gettext itself for the few words that they add to our help.
    gettext.bindtextdomain(_DOMAIN, _FOLDER)
    gettext.textdomain(_DOMAIN)
    os.environ["LANGUAGE"] = ":".join(languages)


def _(text: str) -> str:
    """The text in the language in use."""
    return _current.gettext(text) if text else text


def ngettext(one: str, many: str, count: int) -> str:
    """The text for a number of things in the language in use."""
    return _current.ngettext(one, many, count)


def N_(text: str) -> str:  # noqa: N802 - gettext's name for it
    """The text as it is, marked for translation; it is shown with `_` later."""
    return text
