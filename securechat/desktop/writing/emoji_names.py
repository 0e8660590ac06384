"""The emoji that the window offers, by name: those of Unicode and the short ones that people know from elsewhere.

A table and ways to look into it; draws nothing.
"""

from __future__ import annotations

import re
from functools import cache

from securechat.desktop.look.emoji import name_emoji

__all__ = ["EMOJI", "by_name", "find", "name_of", "with_emoji"]

# In the order in which they are offered: faces, hands and people, hearts, animals, food, places, things, signs.
EMOJI: tuple[str, ...] = tuple(
    """
    😀 😃 😄 😁 😆 😅 😂 🤣 😊 😇 🙂 🙃 😉 😌 😍 🥰 😘 😗 😙 😚 😋 😛 😝 😜 🤪 🤨 🧐 🤓 😎 🤩 🥳 😏 😒 😞 😔
    😟 😕 🙁 😣 😖 😫 😩 🥺 😢 😭 😤 😠 😡 🤬 🤯 😳 🥵 🥶 😱 😨 😰 😥 😓 🤗 🤔 🤭 🤫 🤥 😶 😐 😑 😬 🙄 😯 😦
    😧 😮 😲 🥱 😴 🤤 😪 😵 🤐 🥴 🤢 🤮 🤧 😷 🤒 🤕 🤑 🤠 😈 👿 👻 💀 👽 🤖 🎃 💩 🙈 🙉 🙊 👋 🤚 ✋ 🖖 👌 🤏
    🤞 🤟 🤘 🤙 👈 👉 👆 👇 👍 👎 ✊ 👊 👏 🙌 👐 🤝 🙏 💪 🧠 👀 👂 👄 🤷 🤦 🙋 🙆 🙅 🙇 💁 🏃 🚶 💃 🕺 🧑 👩
    👨 👶 👪 🧙 🧟 🦸 🥷 ❤️ 🧡 💛 💚 💙 💜 🖤 🤍 🤎 💔 💕 💞 💓 💗 💖 💘 💝 💯 💢 💥 💫 💦 💤 💬 💭 🐶 🐱 🐭
    🐹 🐰 🦊 🐻 🐼 🐨 🐯 🦁 🐮 🐷 🐸 🐵 🐔 🐧 🐦 🦆 🦉 🐺 🐴 🦄 🐝 🐛 🦋 🐌 🐞 🐜 🐢 🐍 🦖 🐙 🦀 🐟 🐬 🐳 🐘
    🐑 🌵 🎄 🌲 🌴 🍀 🍁 🍄 🌸 🌹 🌻 🌍 🌙 ⭐ 🌟 ✨ ⚡ 🔥 🌈 ⛅ ⛄ 🌊 🍎 🍌 🍉 🍇 🍓 🍒 🍍 🥑 🍅 🌽 🥕 🍞 🧀
    🥚 🍔 🍟 🍕 🌮 🍜 🍣 🍦 🍩 🍪 🎂 🍰 🍫 🍬 🍿 ☕ 🍵 🍺 🍻 🥂 🍷 🍸 🥤 🏠 🏢 🏥 🚀 🚗 🚕 🚌 🚂 🚲 🚢 🗿 🗽
    🎉 🎊 🎈 🎁 🏆 🥇 🥈 🥉 ⚽ 🏀 🎾 🎯 🎲 🎮 🎨 🎵 🎸 🎬 📷 📱 💻 💾 🖥️ 🔋 🔌 💡 🔦 📚 📖 📰 📌 📎 📝 📅 📈
    📉 📊 📁 📦 📧 📞 🔔 🔍 🔒 🔓 🔑 🔨 🔧 🔩 🧪 🧲 🧹 💰 💸 💎 ⏰ ⏳ ⌛ ✅ ❌ ❗ ❓ 🚧 🚨 🚫 🛑 🆗 🆕 🆒 🔴
    🟢 🟡 🔵 🏁 🚩 👑 🎓 🧢
    """.split()
)

_SHORT = """
grinning 😀  smiley 😃  smile 😄  grin 😁  laughing 😆  sweat_smile 😅  joy 😂  rofl 🤣  blush 😊
innocent 😇  slight_smile 🙂  upside_down 🙃  wink 😉  relieved 😌  heart_eyes 😍  kissing_heart 😘  yum 😋
tongue 😛  zany 🤪  raised_eyebrow 🤨  monocle 🧐  nerd 🤓  sunglasses 😎  cool_face 😎  star_struck 🤩
party 🥳  smirk 😏  unamused 😒  disappointed 😞  pensive 😔  worried 😟  confused 😕  frown 🙁  tired 😫
weary 😩  pleading 🥺  cry 😢  sob 😭  angry 😠  rage 😡  mind_blown 🤯  flushed 😳  hot 🥵  cold 🥶
scream 😱  fearful 😨  sweat 😓  hug 🤗  thinking 🤔  shush 🤫  lying 🤥  no_mouth 😶  neutral 😐
expressionless 😑  grimace 😬  roll_eyes 🙄  open_mouth 😮  astonished 😲  yawn 🥱  sleeping 😴
dizzy_face 😵  zipper_mouth 🤐  sick 🤢  sneeze 🤧  mask 😷  money_face 🤑  cowboy 🤠  devil 😈  ghost 👻
skull 💀  alien 👽  robot 🤖  pumpkin 🎃  poop 💩  see_no_evil 🙈  hear_no_evil 🙉  speak_no_evil 🙊
wave 👋  raised_hand ✋  vulcan 🖖  ok_hand 👌  fingers_crossed 🤞  metal 🤘  call_me 🤙  point_left 👈
point_right 👉  point_up 👆  point_down 👇  thumbsup 👍  +1 👍  yes 👍  thumbsdown 👎  -1 👎  no 👎  fist ✊
punch 👊  clap 👏  raised_hands 🙌  hooray 🙌  handshake 🤝  pray 🙏  thanks 🙏  muscle 💪  brain 🧠
eyes 👀  ear 👂  lips 👄  shrug 🤷  facepalm 🤦  hand_up 🙋  bow 🙇  run 🏃  walk 🚶  dance 💃  baby 👶
family 👪  wizard 🧙  zombie 🧟  hero 🦸  ninja 🥷  heart ❤️  love ❤️  orange_heart 🧡  yellow_heart 💛
green_heart 💚  blue_heart 💙  purple_heart 💜  black_heart 🖤  white_heart 🤍  brown_heart 🤎
broken_heart 💔  100 💯  boom 💥  sweat_drops 💦  zzz 💤  dog 🐶  cat 🐱  mouse 🐭  rabbit 🐰  fox 🦊
bear 🐻  panda 🐼  koala 🐨  tiger 🐯  lion 🦁  cow 🐮  pig 🐷  frog 🐸  monkey 🐵  chicken 🐔  penguin 🐧
bird 🐦  duck 🦆  owl 🦉  wolf 🐺  horse 🐴  unicorn 🦄  bee 🐝  bug 🐛  butterfly 🦋  snail 🐌  ladybug 🐞
ant 🐜  turtle 🐢  snake 🐍  dinosaur 🦖  octopus 🐙  crab 🦀  fish 🐟  dolphin 🐬  whale 🐳  elephant 🐘
sheep 🐑  cactus 🌵  christmas 🎄  tree 🌲  palm 🌴  clover 🍀  maple 🍁  mushroom 🍄  rose 🌹  sunflower 🌻
earth 🌍  moon 🌙  star ⭐  sparkles ✨  zap ⚡  fire 🔥  rainbow 🌈  snowman ⛄  ocean 🌊  apple 🍎
banana 🍌  strawberry 🍓  cherries 🍒  avocado 🥑  tomato 🍅  corn 🌽  carrot 🥕  bread 🍞  cheese 🧀
egg 🥚  burger 🍔  fries 🍟  pizza 🍕  taco 🌮  noodles 🍜  sushi 🍣  icecream 🍦  donut 🍩  cookie 🍪
cake 🎂  birthday 🎂  chocolate 🍫  candy 🍬  popcorn 🍿  coffee ☕  tea 🍵  beer 🍺  beers 🍻  cheers 🥂
wine 🍷  cocktail 🍸  house 🏠  hospital 🏥  rocket 🚀  ship_it 🚀  car 🚗  taxi 🚕  bus 🚌  train 🚂
bike 🚲  ship 🚢  moai 🗿  tada 🎉  confetti 🎊  balloon 🎈  gift 🎁  trophy 🏆  first_place 🥇
second_place 🥈  third_place 🥉  soccer ⚽  basketball 🏀  tennis 🎾  dart 🎯  dice 🎲  game 🎮  art 🎨
music 🎵  guitar 🎸  movie 🎬  camera 📷  phone 📱  laptop 💻  floppy 💾  computer 🖥️  battery 🔋  plug 🔌
bulb 💡  idea 💡  books 📚  book 📖  news 📰  pin 📌  paperclip 📎  memo 📝  calendar 📅  chart_up 📈
chart_down 📉  bar_chart 📊  folder 📁  package 📦  email 📧  telephone 📞  bell 🔔  search 🔍  lock 🔒
unlock 🔓  key 🔑  hammer 🔨  wrench 🔧  test_tube 🧪  magnet 🧲  broom 🧹  money 💰  gem 💎  alarm ⏰
hourglass ⌛  check ✅  done ✅  x ❌  exclamation ❗  question ❓  construction 🚧  siren 🚨  forbidden 🚫
stop 🛑  ok 🆗  new 🆕  cool 🆒  red_circle 🔴  green_circle 🟢  finish 🏁  flag 🚩  crown 👑  graduation 🎓
cap 🧢
""".split()

_OFTEN = frozenset("👍 ❤️ 😂 😄 😊 😉 😢 😎 🤔 🎉 🙏 🔥 👀 👏 💯 ✅ ❌ 🚀 ☕ 🙂 😅 😍 🤷 💡 🐛".split())

_NAMED = re.compile(r"(?<!\w):([A-Za-z0-9_+-]{1,60}):(?!\w)")


@cache
def _names() -> dict[str, str]:
    """Emoji by name; an emoji's short names come first."""
    names = dict(zip(_SHORT[::2], _SHORT[1::2], strict=True))
    for emoji in EMOJI:
        names.setdefault(_long_name(emoji), emoji)
    return names


@cache
def _shortest() -> dict[str, str]:
    names: dict[str, str] = {}
    for name, emoji in _names().items():
        names.setdefault(emoji, name)
    return names


def _long_name(emoji: str) -> str:
    return name_emoji(emoji).strip(":")


def by_name(name: str) -> str:
    """The emoji of a full name, without colons; "" if there is none. Capitals do not matter."""
    return _names().get(name.lower(), "")


def name_of(emoji: str) -> str:
    """The name to show for an emoji, without colons: a short one if it has one. Of others, what Unicode calls it."""
    return _shortest().get(emoji) or _long_name(emoji)


def find(prefix: str) -> list[tuple[str, str]]:
    """Names and emoji for what somebody began to type: each emoji once, by the name that fits best.

    Names that begin so come first, much used emoji and short names before others; then those of which another word
    begins so. For "" all are given, in the order of `EMOJI`.
    """
    wanted = prefix.lower().replace(" ", "_").replace("-", "_") if prefix != "-1" else prefix
    if not wanted:
        return [(name_of(emoji), emoji) for emoji in EMOJI]
    best: dict[str, tuple[int, str]] = {}
    for name, emoji in _names().items():
        if name.startswith(wanted):
            fit = (len(name) - 50 * (name == wanted) - 20 * (emoji in _OFTEN), name)
        elif f"_{wanted}" in name:
            fit = (100 + len(name), name)
        else:
            continue
        if emoji not in best or fit < best[emoji]:
            best[emoji] = fit
    return [(name, emoji) for emoji, (_, name) in sorted(best.items(), key=lambda item: item[1])]


def with_emoji(text: str) -> str:
    """``text`` with each known ``:name:`` replaced, unless it touches a word, as in a time or an address."""
    return _NAMED.sub(lambda found: by_name(found[1]) or found[0], text)
