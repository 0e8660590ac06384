"""Every word that the window shows, in one place, so that another language is another package like this.

Owns wording only: no logic beyond counting things. Use `texts.NAME`; which module a word is in concerns nobody.
Sentences about errors of the chat itself come from `securechat.client.sentences`.
"""

from securechat.desktop.texts import common, composer, form, menus, panels, sheets, sidebar, timeline
from securechat.desktop.texts.common import *
from securechat.desktop.texts.composer import *
from securechat.desktop.texts.form import *
from securechat.desktop.texts.menus import *
from securechat.desktop.texts.panels import *
from securechat.desktop.texts.sheets import *
from securechat.desktop.texts.sidebar import *
from securechat.desktop.texts.timeline import *

__all__: list[str] = []
__all__ += common.__all__
__all__ += composer.__all__
__all__ += form.__all__
__all__ += menus.__all__
__all__ += panels.__all__
__all__ += sheets.__all__
__all__ += sidebar.__all__
__all__ += timeline.__all__
